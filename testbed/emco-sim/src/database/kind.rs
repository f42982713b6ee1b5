//! The kinds of resources, the texts about them and what refers to what.

/// A kind of resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Controller,
    ClusterProvider,
    Cluster,
    ClusterLabel,
    Project,
    LogicalCloud,
    ClusterReference,
    UserPermission,
    CompositeApp,
    App,
    AppDependency,
    CompositeProfile,
    AppProfile,
    Group,
    GenericPlacementIntent,
    AppIntent,
    GroupIntent,
}

impl Kind {
    /// The text of a 404 on an item.
    ///
    /// EMCO looks for known texts *within* an error's text and takes the first it knows, so that the absence of
    /// a placement intent or of an app intent is told as that of an "Intent", and a composite app is an "App".
    pub(crate) fn not_found(self) -> &'static str {
        match self {
            Self::Controller => "Controller not found",
            Self::ClusterProvider => "Cluster provider not found",
            Self::Cluster => "Cluster not found",
            Self::ClusterLabel => "Cluster label not found",
            Self::Project => "Project not found",
            Self::LogicalCloud => "Logical Cloud not found",
            Self::ClusterReference => "Cluster reference not found",
            Self::UserPermission => "User Permission not found",
            Self::CompositeApp | Self::App => "App not found",
            Self::AppDependency => "AppDependency not found",
            Self::CompositeProfile => "CompositeProfile not found",
            Self::AppProfile => "AppProfile not found",
            Self::Group => "DeploymentIntentGroup not found",
            Self::GenericPlacementIntent | Self::AppIntent | Self::GroupIntent => "Intent not found",
        }
    }

    /// The text of a 409 on a repeated create.
    pub(crate) fn already_exists(self) -> &'static str {
        match self {
            Self::Controller => "Controller already exists",
            Self::ClusterProvider => "ClusterProvider already exists",
            Self::Cluster => "Cluster already exists",
            Self::ClusterLabel => "Cluster Label already exists",
            Self::Project => "Project already exists",
            Self::LogicalCloud => "Logical Cloud already exists",
            Self::ClusterReference => "Cluster reference already exists",
            Self::UserPermission => "User Permission already exists",
            Self::CompositeApp | Self::App => "App already exists",
            Self::AppDependency => crate::refusal::INTERNAL,
            Self::CompositeProfile => "CompositeProfile already exists",
            Self::AppProfile => "AppProfile already exists",
            Self::Group | Self::GenericPlacementIntent | Self::AppIntent | Self::GroupIntent => {
                "Intent already exists"
            }
        }
    }

    /// Whether a create carries a file beside its metadata, as a multipart form.
    pub(crate) fn uploaded(self) -> bool {
        matches!(self, Self::Cluster | Self::App | Self::AppProfile)
    }

    /// Whether the answer to a create says `application/json`; for the others Go guesses `text/plain`.
    pub(crate) fn create_declares_json(self) -> bool {
        !matches!(self, Self::Cluster | Self::AppProfile)
    }

    /// Whether an empty list is `[]`; the others answer `null`.
    pub(crate) fn empty_list_is_array(self) -> bool {
        matches!(self, Self::ClusterProvider | Self::Cluster | Self::ClusterLabel)
    }

    /// Whether reading one needs an `Accept` header that names a form EMCO can answer in.
    pub(crate) fn needs_accept(self) -> bool {
        self.uploaded()
    }

    /// Whether PUT is served.
    pub(crate) fn replaceable(self) -> bool {
        !matches!(self, Self::Cluster | Self::ClusterReference | Self::LogicalCloud | Self::UserPermission)
    }

    /// Whether a list below a project and composite app that do not exist is a 404 rather than empty.
    pub(crate) fn list_needs_ancestors(self) -> bool {
        matches!(self, Self::CompositeApp | Self::Group | Self::GenericPlacementIntent)
    }
}
