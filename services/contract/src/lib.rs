//! What EdgeRoam promises to those who consume its events.
