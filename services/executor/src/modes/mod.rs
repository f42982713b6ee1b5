//! The ways to move an instance, one file each.

pub(crate) mod new_group;
