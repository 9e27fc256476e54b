//! Editions of Windows, and what they leave out that matters to sign-in.

/// An edition of Windows for clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// Windows Home: joins neither Entra nor a domain, knows no PassportForWork policies, takes no Remote Desktop connections.
    Home,
    /// Windows Pro.
    #[default]
    Pro,
    /// Windows Enterprise.
    Enterprise,
    /// Windows Education.
    Education,
    /// Windows IoT Enterprise.
    IotEnterprise,
}

impl Edition {
    /// As lab files name them.
    pub const ALL: [(&'static str, Self); 5] = [
        ("home", Self::Home),
        ("pro", Self::Pro),
        ("enterprise", Self::Enterprise),
        ("education", Self::Education),
        ("iot-enterprise", Self::IotEnterprise),
    ];

    /// `Pro`
    pub const fn name(self) -> &'static str {
        match self {
            Self::Home => "Home",
            Self::Pro => "Pro",
            Self::Enterprise => "Enterprise",
            Self::Education => "Education",
            Self::IotEnterprise => "IoT Enterprise",
        }
    }

    /// `EditionID` in the registry.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Home => "Core",
            Self::Pro => "Professional",
            Self::Enterprise => "Enterprise",
            Self::Education => "Education",
            Self::IotEnterprise => "IoTEnterprise",
        }
    }

    /// Whether it can be joined to Entra or to a domain (Microsoft Learn, "Microsoft Entra joined devices": every edition but
    /// Home).
    pub const fn joins(self) -> bool {
        !matches!(self, Self::Home)
    }

    /// Whether it has the PassportForWork CSP (Microsoft Learn, that CSP: Pro, Enterprise, Education, IoT Enterprise).
    pub const fn has_hello_policies(self) -> bool {
        !matches!(self, Self::Home)
    }

    /// Whether somebody can connect to it by Remote Desktop (Microsoft Learn, "Enable Remote Desktop on your PC": every edition
    /// but Home).
    pub const fn hosts_remote_desktop(self) -> bool {
        !matches!(self, Self::Home)
    }
}
