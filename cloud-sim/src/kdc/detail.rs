//! What a decision of the cloud KDC looked at, and how it is told.

use std::fmt;
use std::sync::Arc;

use kerberos::KerberosTime;
use kerberos::wire::Realm;

use super::refusal::KdcRefusal;
use crate::tenant::{Application, User};

/// What a decision of the cloud KDC looked at.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum KdcDetail {
    /// The envelope asks for another realm.
    OtherRealm {
        /// The realm, if it names one.
        found: Option<String>,
    },
    /// The TGT is the tenant's own.
    OwnTgt,
    /// A domain that trusts the cloud realm issued the TGT.
    TrustTgt {
        /// The realm of the domain.
        realm: Realm,
    },
    /// The authenticator is the client's.
    Authenticator,
    /// An application has the service name.
    Service {
        /// The application.
        application: Arc<Application>,
        /// The name.
        spn: String,
    },
    /// The tenant's administrators let the user have tickets for the application.
    Admitted {
        /// The application.
        application: Arc<Application>,
    },
    /// A service ticket was issued.
    Issued {
        /// For whom.
        user: Arc<User>,
        /// For which service.
        spn: String,
        /// Its end.
        end: KerberosTime,
    },
    /// The request was refused.
    #[doc(hidden)]
    Refused(Box<Refused>),
}

/// A refusal, to be told.
#[derive(Clone, Debug)]
pub struct Refused(KdcRefusal);

impl KdcDetail {
    pub(super) fn refused(refusal: KdcRefusal) -> Self {
        Self::Refused(Box::new(Refused(refusal)))
    }
}

impl fmt::Display for KdcDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherRealm { found: Some(found) } => {
                write!(f, "the envelope is for {found}, which is not the cloud realm")
            }
            Self::OtherRealm { found: None } => f.write_str("the envelope names no realm"),
            Self::OwnTgt => f.write_str("this tenant issued the TGT"),
            Self::TrustTgt { realm } => {
                write!(f, "{realm} issued the TGT, sealed with the key of the trust")
            }
            Self::Authenticator => f.write_str("the client of the TGT sent the request, now and once"),
            Self::Service { application, spn } => {
                write!(f, "{spn} is {}", application.display_name)
            }
            Self::Admitted { application } => {
                write!(f, "{} is open to the user", application.display_name)
            }
            Self::Issued { user, spn, end } => {
                write!(f, "{} gets a ticket for {spn} until {end}", user.display_name)
            }
            Self::Refused(refused) => refused.0.fmt(f),
        }
    }
}
