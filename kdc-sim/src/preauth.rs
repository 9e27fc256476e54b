//! Pre-authentication: what the client is told it can use.

use kerberos::codes::PaDataType;
use kerberos::crypto::Etype;
use kerberos::wire::{
    EtypeInfo, EtypeInfo2, EtypeInfo2Entry, EtypeInfoEntry, KerberosText, MethodData, SupportedEnctypes,
};

use crate::config::Armoring;
use crate::directory::Account;
use crate::fast::COOKIE;
use crate::request::Context;

/// What METHOD-DATA of an error holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hints {
    /// The client has sent nothing yet: encryption types and the methods there are.
    Required,
    /// What it sent was wrong: encryption types only.
    Failed,
}

/// METHOD-DATA as Windows orders it: PA-ETYPE-INFO for clients without AES, PA-ETYPE-INFO2, then the methods.
pub(crate) fn hints(context: &Context<'_>, account: &Account, listed: &[i32], kind: Hints) -> MethodData {
    let entries = etype_entries(account, listed, context.dc.supported_enctypes);
    let mut methods = MethodData::default();
    let offers_aes = listed
        .iter()
        .filter_map(|number| Etype::from_number(*number))
        .any(|etype| etype != Etype::Rc4Hmac);
    if !offers_aes && !entries.is_empty() {
        let old = entries.iter().map(|entry| EtypeInfoEntry {
            etype: entry.etype,
            salt: None,
        });
        methods.push(PaDataType::ETYPE_INFO, EtypeInfo(old.collect()).encode());
    }
    methods.push(PaDataType::ETYPE_INFO2, EtypeInfo2(entries).encode());
    if kind == Hints::Required {
        let armored = context.armor.is_some();
        let proof = if armored {
            PaDataType::ENCRYPTED_CHALLENGE
        } else {
            PaDataType::ENC_TIMESTAMP
        };
        for method in [proof, PaDataType::PK_AS_REQ, PaDataType::PK_AS_REP_OLD] {
            methods.push(method, Vec::new());
        }
        if context.dc.armoring >= Armoring::Announced && !armored {
            methods.push(PaDataType::FX_FAST, Vec::new());
            methods.push(PaDataType::FX_COOKIE, COOKIE);
        }
    }
    methods
}

/// PA-ETYPE-INFO2 of an AS-REP: the AES key that was used, with its salt; nothing for RC4.
pub(crate) fn reply_methods(account: &Account, etype: Etype) -> Option<MethodData> {
    let entry = entry(account, etype).filter(|_| etype != Etype::Rc4Hmac)?;
    Some(MethodData::default().with(PaDataType::ETYPE_INFO2, EtypeInfo2(vec![entry]).encode()))
}

/// The first AES type that the client lists and the account has, then RC4 if both have it.
fn etype_entries(account: &Account, listed: &[i32], allowed: SupportedEnctypes) -> Vec<EtypeInfo2Entry> {
    let usable =
        |etype: &Etype| allowed.contains(bit(*etype)) && account.keys.current().key(*etype).is_some();
    let listed: Vec<Etype> = listed
        .iter()
        .filter_map(|number| Etype::from_number(*number))
        .filter(usable)
        .collect();
    let aes = listed.iter().find(|etype| **etype != Etype::Rc4Hmac);
    let rc4 = listed.iter().find(|etype| **etype == Etype::Rc4Hmac);
    aes.into_iter()
        .chain(rc4)
        .filter_map(|etype| entry(account, *etype))
        .collect()
}

fn entry(account: &Account, etype: Etype) -> Option<EtypeInfo2Entry> {
    let set = account.keys.current();
    set.key(etype)?;
    Some(EtypeInfo2Entry {
        etype: etype.number(),
        salt: if etype == Etype::Rc4Hmac {
            None
        } else {
            Some(KerberosText::from(&*set.salt))
        },
        s2kparams: None,
    })
}

/// The bit of an encryption type in msDS-SupportedEncryptionTypes.
pub(crate) const fn bit(etype: Etype) -> SupportedEnctypes {
    match etype {
        Etype::Aes256CtsHmacSha196 => SupportedEnctypes::AES256_CTS_HMAC_SHA1_96,
        Etype::Aes128CtsHmacSha196 => SupportedEnctypes::AES128_CTS_HMAC_SHA1_96,
        Etype::Rc4Hmac => SupportedEnctypes::RC4_HMAC,
    }
}
