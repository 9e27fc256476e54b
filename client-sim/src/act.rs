//! What a person does at a Windows device, as data. A step of a story, a line at a prompt and a request on a control socket
//! are spellings of an [`Act`]; [`Flow::perform`](crate::Flow::perform) does it.

use std::sync::Arc;

use evidence::klist::LogonId;
use kerberos::netlogon::DcFlags;

use crate::error::FlowError;
use crate::event::DcRefusal;
use crate::flow::{OpenPage, OpenShare};
use crate::state::{DomainController, OtherAccount, Password};

/// Whoever acts, and what they know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Their sign-in name.
    pub upn: Arc<str>,
    /// Their password.
    pub password: Password,
    /// Their number among the people of a lab. With [`HelloSettings::first_key`](crate::HelloSettings::first_key) it
    /// decides which key a device makes when they set up Hello.
    pub number: usize,
}

/// One thing that a person does at a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Signs in. Whoever has a session already gets its screen back instead of a second session.
    SignIn {
        /// With what; `None`: with Hello, or with the password where only local accounts sign in.
        credential: Option<CredentialKind>,
        /// Whether from another computer, with Remote Desktop. That is always a session of its own.
        remote: bool,
    },
    /// Locks the screen.
    Lock,
    /// Unlocks it, which also renews the PRT when it is due or marked.
    Unlock,
    /// Signs out: the session's tickets are gone.
    SignOut,
    /// Sets up Windows Hello: the prerequisites are checked, and a key is registered.
    SetUpHello,
    /// `certutil -deletehellocontainer`
    DeleteHello,
    /// "Join this device to Microsoft Entra ID", on a device that is registered and not joined.
    Join,
    /// `dsregcmd /refreshprt`: marks the PRT, so that the next unlock renews it.
    RefreshPrt,
    /// `klist purge`: the Kerberos tickets go; PRT and partial TGT stay.
    PurgeTickets {
        /// The session of `-li` and `-lh`; `None`: the person's own.
        session: Option<LogonId>,
    },
    /// `klist purge_bind`: the device forgets where KDCs are and are not.
    PurgeBindings,
    /// `klist add_bind DOMAIN KDC`
    AddBinding {
        /// The domain.
        domain: Arc<str>,
        /// The KDC, as it is typed.
        kdc: Arc<str>,
    },
    /// `nltest /dsgetdc:DOMAIN`
    LocateDc {
        /// The domain.
        domain: Arc<str>,
        /// What the DC must be able to do.
        required: DcFlags,
        /// Whether the locator asks again although it remembers.
        rediscover: bool,
    },
    /// `klist get SPN`
    GetTicket {
        /// `cifs/fs01.ad.fernhill.example`, or `krbtgt`.
        service: Arc<str>,
        /// The session of `-li` and `-lh`; `None`: the person's own.
        session: Option<LogonId>,
    },
    /// Opens a share.
    OpenShare {
        /// The share.
        share: Share,
        /// Whether to write there as well.
        write: bool,
        /// Another account, typed for this; `None`: what the session holds.
        account: Option<TypedAccount>,
    },
    /// Sends a job to the queue of a printer.
    Print {
        /// The queue.
        queue: Share,
    },
    /// Opens a web page.
    OpenPage {
        /// Where it is.
        url: http::Uri,
    },
}

impl Act {
    /// The verb, as steps and their outcomes name it.
    pub const fn verb(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign-in",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::SignOut => "sign-out",
            Self::SetUpHello => "set-up-hello",
            Self::DeleteHello => "delete-hello",
            Self::Join => "join",
            Self::RefreshPrt => "refresh-prt",
            Self::PurgeTickets { .. } => "purge-tickets",
            Self::PurgeBindings => "purge-bind",
            Self::AddBinding { .. } => "add-bind",
            Self::LocateDc { .. } => "locate-dc",
            Self::GetTicket { .. } => "get-ticket",
            Self::OpenShare { .. } | Self::OpenPage { .. } => "open",
            Self::Print { .. } => "print",
        }
    }
}

/// What a person signs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CredentialKind {
    /// Windows Hello for Business: a PIN or a face opens the device's key.
    Hello,
    /// The password.
    Password,
    /// A FIDO2 security key.
    SecurityKey,
}

impl CredentialKind {
    /// All of them, by the words for which they are asked.
    pub const ALL: [(&'static str, Self); 3] = [
        ("hello", Self::Hello),
        ("password", Self::Password),
        ("fido", Self::SecurityKey),
    ];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Password => "password",
            Self::SecurityKey => "fido",
        }
    }

    /// The kind of this name, whatever its case.
    pub fn parse(text: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(text))
            .map(|(_, kind)| kind)
    }
}

/// A share, as `\\server\share` names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// The server: a DNS name, a first label that DNS has to complete, or an address.
    pub server: Arc<str>,
    /// The share, or the queue of a printer.
    pub name: Arc<str>,
}

impl Share {
    /// Reads `\\server\share`, with slashes of either kind; anything below the share is ignored.
    pub fn parse(path: &str) -> Option<Self> {
        let path = path.replace('/', "\\");
        let (server, rest) = path.strip_prefix("\\\\")?.split_once('\\')?;
        let name = rest.split('\\').next().unwrap_or_default();
        let whole = !server.is_empty() && !name.is_empty();
        whole.then(|| Self {
            server: server.into(),
            name: name.into(),
        })
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\\\\{}\\{}", self.server, self.name)
    }
}

/// An account and its password, typed where Windows asks for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedAccount {
    /// The account.
    pub account: OtherAccount,
    /// The password.
    pub password: Password,
}

/// What an act led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Performed {
    /// It is done, and there is no more to say.
    Done,
    /// Somebody is signed in: anew, or again.
    SignedIn(LogonId),
    /// A DC was found.
    Located(Arc<DomainController>),
    /// A share or a queue is open.
    Opened(OpenShare),
    /// A page is open.
    Page(OpenPage),
}

/// Why an act came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// Nobody is signed in at the device.
    #[error("nobody is signed in")]
    NobodySignedIn,
    /// Whoever acts is not signed in.
    #[error("{upn} is not signed in")]
    NotSignedIn {
        /// Who.
        upn: Arc<str>,
    },
    /// The device is joined already.
    #[error("{device} is joined already")]
    JoinedAlready {
        /// The device.
        device: Arc<str>,
    },
    /// There is no Hello container to delete.
    #[error("{upn} has no Hello container here")]
    NoHelloContainer {
        /// Whose.
        upn: Arc<str>,
    },
    /// The host cannot serve as a KDC of the domain.
    #[error("{domain} is not bound to {kdc}: {refusal}")]
    NotBound {
        /// The domain.
        domain: Arc<str>,
        /// The host, as it was typed.
        kdc: Arc<str>,
        /// Why not.
        refusal: DcRefusal,
    },
    /// The device tried.
    #[error(transparent)]
    Flow(#[from] FlowError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_named_with_either_slash() {
        let share = |path| Share::parse(path).map(|share| (share.server.to_string(), share.name.to_string()));
        let wanted = Some(("FS01".to_owned(), "Projects".to_owned()));
        assert_eq!(share(r"\\FS01\Projects\plans\a.txt"), wanted);
        assert_eq!(share("//FS01/Projects"), wanted);
        assert_eq!(share(r"\\FS01\"), None);
        assert_eq!(share("fs01"), None);
    }

    #[test]
    fn a_credential_is_read_by_the_word_it_is_written_with() {
        for (name, kind) in CredentialKind::ALL {
            assert_eq!((kind.name(), CredentialKind::parse(name)), (name, Some(kind)));
        }
        assert_eq!(CredentialKind::parse("FIDO"), Some(CredentialKind::SecurityKey));
        assert_eq!(CredentialKind::parse("pin"), None);
    }
}
