//! Accounts as people type them.

use client_sim::act::TypedAccount;
use client_sim::{OtherAccount, Password};

use super::document::{Lab, User};

impl Lab {
    /// An account as it is typed at a prompt for credentials, with the password of whoever is called so; `None` where nobody is.
    pub fn typed_account(&self, text: &str) -> Option<TypedAccount> {
        let account = OtherAccount::parse(text)?;
        let user = self.users.values().find(|user| self.is_called(user, &account))?;
        let password = Password::new(user.password.as_str());
        Some(TypedAccount { account, password })
    }

    /// Whether somebody means a user by what is typed: the UPN, or the name in AD with the DNS or the NetBIOS name of the
    /// domain.
    fn is_called(&self, user: &User, account: &OtherAccount) -> bool {
        let domain = user.domain.as_ref().and_then(|domain| self.domains.get(domain));
        let in_domain = domain.is_some_and(|domain| {
            let names = [&domain.dns_name, &domain.netbios];
            names
                .iter()
                .any(|name| name.eq_ignore_ascii_case(&account.domain))
        });
        let by_name = in_domain && user.sam.eq_ignore_ascii_case(&account.name);
        by_name || (account.as_upn && user.upn.eq_ignore_ascii_case(&account.upn()))
    }
}
