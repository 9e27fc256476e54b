//! `klist cloud_debug`: what the Kerberos package of a logon session holds of Entra's tickets.

use crate::klist::LogonId;
use crate::provenance::Provenance;
use crate::reading::{List, Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// The rows of `klist cloud_debug`, in their order on Windows 11.
///
/// Only the first, the fourth and the last row have a public explanation; the others are named after what they say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CloudDebug {
    /// The logon session the command ran in.
    pub logon_id: LogonId,
    /// Policy `CloudKerberosTicketRetrievalEnabled`; on-premises sign-in does not need it.
    pub enabled_by_policy: bool,
    /// The sign-in handed Kerberos an AS-REP.
    pub as_rep_callback_received: bool,
    /// Kerberos used that AS-REP.
    pub as_rep_callback_used: bool,
    /// The cloud TGT is in the ticket cache.
    pub cloud_referral_tgt: bool,
    /// The realm suffixes of the PRT are loaded.
    pub spn_oracle: bool,
    /// The address of the cloud KDC is loaded.
    pub kdc_proxy: bool,
    /// The session was opened with a key, as Windows Hello does.
    pub public_key_credential: bool,
    /// The session has keys derived from a password.
    pub password_derived_keys: bool,
    /// The session has the password itself.
    pub plaintext_password: bool,
    /// A number; 2 is the one seen with a Hello sign-in.
    pub as_rep_credential_type: u32,
    /// **The row that must be 1**: the partial TGT is held.
    pub cloud_primary_tgt: bool,
}

impl CloudDebug {
    fn rows(&self) -> [(&'static str, u32); 11] {
        [
            (ENABLED_BY_POLICY, self.enabled_by_policy.into()),
            (CALLBACK_RECEIVED, self.as_rep_callback_received.into()),
            (CALLBACK_USED, self.as_rep_callback_used.into()),
            (CLOUD_REFERRAL, self.cloud_referral_tgt.into()),
            (SPN_ORACLE, self.spn_oracle.into()),
            (KDC_PROXY, self.kdc_proxy.into()),
            (PUBLIC_KEY, self.public_key_credential.into()),
            (DERIVED_KEYS, self.password_derived_keys.into()),
            (PLAINTEXT, self.plaintext_password.into()),
            (CREDENTIAL_TYPE, self.as_rep_credential_type),
            (CLOUD_PRIMARY, self.cloud_primary_tgt.into()),
        ]
    }
}

impl View for CloudDebug {
    const ARTEFACT: Artefact = Artefact::CloudDebug;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::bit(ENABLED_BY_POLICY),
        Row::bit(CALLBACK_RECEIVED),
        Row::bit(CALLBACK_USED),
        Row::bit(CLOUD_REFERRAL),
        Row::bit(SPN_ORACLE),
        Row::bit(KDC_PROXY),
        Row::bit(PUBLIC_KEY),
        Row::bit(DERIVED_KEYS),
        Row::bit(PLAINTEXT),
        Row::number(CREDENTIAL_TYPE),
        Row::bit(CLOUD_PRIMARY),
    ])];
    const PROVENANCE: &'static [Provenance] = PROVENANCE;

    fn render(&self) -> String {
        let mut text = format!("{}\n{HEADING}\n", self.logon_id.line());
        for (key, value) in self.rows() {
            text.push_str(&format!("{key}: {value}\n"));
        }
        text
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        LogonId::frame(&mut reader);
        let rows = Self::default().rows().map(|(key, _)| key);
        let list = List {
            heading: Some(HEADING),
            first: ENABLED_BY_POLICY,
            last: CLOUD_PRIMARY,
            always: &rows,
        };
        list.read(
            &mut reader,
            |_, text| Value::Known(text.to_owned()),
            |key| rows.contains(&key),
        );
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        self.rows()
            .into_iter()
            .map(|(key, value)| Fact::new(Self::ARTEFACT, source, key, Value::Known(value.to_string())))
            .collect()
    }
}

const HEADING: &str = "Cloud Kerberos Debug info:";
const ENABLED_BY_POLICY: &str = "Cloud Kerberos enabled by policy";
const CALLBACK_RECEIVED: &str = "AS_REP callback received";
const CALLBACK_USED: &str = "AS_REP callback used";
const CLOUD_REFERRAL: &str = "Cloud Referral TGT present in cache";
const SPN_ORACLE: &str = "SPN oracle configured";
const KDC_PROXY: &str = "KDC proxy present in cache";
const PUBLIC_KEY: &str = "Public Key Credential Present";
const DERIVED_KEYS: &str = "Password-derived Keys Present";
const PLAINTEXT: &str = "Plaintext Password Present";
const CREDENTIAL_TYPE: &str = "AS_REP Credential Type";
const CLOUD_PRIMARY: &str = "Cloud Primary (Hybrid logon) TGT available";

const CAPTURE: &str = "the one public output, of a Hello container older than the trust (wporter.org)";

const fn lab(row: &'static str, why: &'static str) -> Provenance {
    Provenance::lab_default(row, why)
}

const PROVENANCE: &[Provenance] = &[
    Provenance::public(
        ENABLED_BY_POLICY,
        "Microsoft Learn, \"Microsoft Entra Kerberos FAQ\": CloudKerberosTicketRetrievalEnabled",
    ),
    Provenance::public(
        CLOUD_REFERRAL,
        "azfiles-lab workbooks: 0 with that policy off, whatever CloudTgt says",
    ),
    Provenance::public(
        CLOUD_PRIMARY,
        "Microsoft Learn, Global Secure Access, \"Kerberos SSO\": the row that must be 1",
    ),
    Provenance::public(PUBLIC_KEY, CAPTURE),
    lab(
        CALLBACK_RECEIVED,
        "by its name: sign-in handed Kerberos an AS-REP",
    ),
    lab(
        CALLBACK_USED,
        "by its name: Kerberos used it; no healthy output is public",
    ),
    lab(SPN_ORACLE, "by its name: the realm suffixes are loaded"),
    lab(KDC_PROXY, "by its name: the address of the cloud KDC is loaded"),
    lab(
        DERIVED_KEYS,
        "0 with a Hello key is public, 1 with a password is the lab's",
    ),
    lab(
        PLAINTEXT,
        "0 with a Hello key is public, 0 with a password is the lab's",
    ),
    lab(
        CREDENTIAL_TYPE,
        "2 with a Hello key is public, 0 with a password is the lab's",
    ),
];
