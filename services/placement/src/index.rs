//! Indices into the tables of the engine: four bytes, also as an `Option`.

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

macro_rules! index_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub(crate) struct $name(NonZeroU32);

        impl $name {
            /// The index of this slot.
            pub(crate) const fn new(slot: u32) -> Self {
                Self(NonZeroU32::MIN.saturating_add(slot))
            }

            /// The slot, from 0.
            pub(crate) const fn slot(self) -> usize {
                self.0.get() as usize - 1
            }
        }

        impl From<usize> for $name {
            fn from(slot: usize) -> Self {
                Self::new(u32::try_from(slot).unwrap_or(u32::MAX - 1))
            }
        }
    };
}

index_type!(
    /// A site: of the catalogue in the order of ids, then those that are only heard of.
    SiteIx
);
index_type!(
    /// A UE of the table.
    UeIx
);
index_type!(
    /// A group of an app.
    GroupIx
);
index_type!(
    /// An instance of the table.
    InstanceIx
);
index_type!(
    /// A place of the catalogue (a cell or a tracking area).
    PlaceIx
);
index_type!(
    /// A zone: the service area of one site or of several.
    ZoneIx
);

/// Whose an instance is: a UE's, or a group's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OwnerIx(NonZeroU32);

/// The same, to be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Ue(UeIx),
    Group(GroupIx),
}

/// What tells a group from a UE: no table has two thousand million of either.
const GROUP: u32 = 1 << 31;

impl OwnerIx {
    /// Who it is.
    pub(crate) fn get(self) -> Owner {
        match NonZeroU32::new(self.0.get() & !GROUP) {
            Some(ix) if self.0.get() & GROUP > 0 => Owner::Group(GroupIx(ix)),
            Some(ix) => Owner::Ue(UeIx(ix)),
            None => Owner::Group(GroupIx(NonZeroU32::MAX)),
        }
    }
}

impl From<UeIx> for OwnerIx {
    fn from(ue: UeIx) -> Self {
        Self(ue.0)
    }
}

impl From<GroupIx> for OwnerIx {
    fn from(group: GroupIx) -> Self {
        Self(group.0 | GROUP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_index_costs_nothing() {
        assert_eq!(size_of::<Option<SiteIx>>(), 4);
        assert_eq!(SiteIx::new(0).slot(), 0);
        assert_eq!(SiteIx::from(7).slot(), 7);
        assert_eq!(size_of::<Option<OwnerIx>>(), 4);
        assert_eq!(OwnerIx::from(UeIx::new(7)).get(), Owner::Ue(UeIx::new(7)));
        assert_eq!(OwnerIx::from(GroupIx::new(7)).get(), Owner::Group(GroupIx::new(7)));
    }
}
