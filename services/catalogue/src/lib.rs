//! Sites, cells, tracking areas and apps: from `edgeroam.yaml` and the files that it names to the types of `model`.
//!
//! [`Section`] is what the configuration file may say, [`load`] validates it into a [`Catalogue`] or tells *all* that
//! is wrong, each with file, line or field and what to do. [`read`] holds the file formats: GeoJSON, CSV,
//! AdvantEDGE scenarios and exports of OpenCelliD; they are also used without a configuration (`edgeroam nearest`,
//! the demo). [`AppSpec`] is one application, as the services use it; [`Names`] tells whether a name is
//! one of the catalogue.
//!
//! Deliberately not: a geographic index (that is `placement`), a check against EMCO (the executor's), or a watcher
//! of files: who wants a reload calls [`load`] again.

mod app;
mod error;
mod load;
mod names;
pub mod read;
mod section;

pub use app::{AddressFrom, Adopted, AdoptedInstance, AppSpec, Deadlines, EmcoObjects, Probe, ReleaseIn};
pub use error::CatalogueError;
pub use load::{Catalogue, load, policy};
pub use names::{Names, Unknown};
pub use section::{
    AppsSection, BudgetsSection, CapacitySection, CellsSection, FreezeWindowsSection, PlmnSection, Section,
    ServiceAreasSection, SitesSection, TrackingAreasSection, meters,
};
