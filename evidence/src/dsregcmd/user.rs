//! The section "User State".

use super::boxes::{Line, yes_no};

/// The section "User State", about the account that runs the command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserState {
    /// The Windows Hello key; `NgcSet : NO` without one.
    pub hello: Option<HelloKey>,
    /// How many accounts of tenants were added beside the one that signed in: each registers the device with its tenant.
    pub work_accounts: u32,
    /// The default account of the Web Account Manager, or what went wrong when it was looked up.
    pub wam: Wam,
}

/// The rows about the Windows Hello key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelloKey {
    /// Its id, a GUID in braces.
    pub key_id: String,
    /// Whether the PIN can be reset, and at what price: `DestructiveOnly`, `DestructiveAndNonDestructive`, …
    pub can_reset: String,
}

/// `WamDefaultSet` and what follows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Wam {
    /// There is no default account.
    #[default]
    NotSet,
    /// There is one, and it is Entra's.
    Entra {
        /// `organizations`
        authority: String,
    },
    /// An error, as an elevated window shows.
    Error {
        /// `ERROR (0x80070520)`
        text: String,
    },
}

impl UserState {
    pub(super) fn rows(&self) -> Vec<Line> {
        let mut rows = vec![("NgcSet", yes_no(self.hello.is_some()))];
        if let Some(hello) = &self.hello {
            rows.push(("NgcKeyId", hello.key_id.clone()));
            rows.push(("CanReset", hello.can_reset.clone()));
        }
        rows.push(("WorkplaceJoined", yes_no(self.work_accounts > 0)));
        if self.work_accounts > 0 {
            rows.push((COUNT, self.work_accounts.to_string()));
        }
        match &self.wam {
            Wam::NotSet => rows.push((WAM_SET, yes_no(false))),
            Wam::Entra { authority } => rows.extend([
                (WAM_SET, yes_no(true)),
                ("WamDefaultAuthority", authority.clone()),
                ("WamDefaultId", WAM_ID.to_owned()),
                ("WamDefaultGUID", WAM_GUID.to_owned()),
            ]),
            Wam::Error { text } => rows.push((WAM_SET, text.clone())),
        }
        rows
    }
}

const COUNT: &str = "WorkAccountCount";
const WAM_SET: &str = "WamDefaultSet";
const WAM_ID: &str = "https://login.microsoft.com";
const WAM_GUID: &str = "{ B16898C6-A148-4967-9171-64D755DA8520 } (AzureAd)";
