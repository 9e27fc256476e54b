//! What Microsoft Graph says of a user: the attributes by which Entra finds the account in AD.

use serde::Serialize;

use crate::provenance::Provenance;
use crate::reading::{Reader, Reading};
use crate::row::{Block, Row};
use crate::{Artefact, Fact, Source, Value, View};

/// The answer to `GET /v1.0/users/UPN?$select=…` with the attributes that matter here. What Graph gives as `null` is `None`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GraphUser {
    /// The object id, a GUID.
    pub id: String,
    /// The name people read.
    pub display_name: Option<String>,
    /// The UPN.
    pub user_principal_name: String,
    /// `Member` or `Guest`.
    pub user_type: Option<String>,
    /// Whether sign-in is allowed.
    pub account_enabled: Option<bool>,
    /// Whether the account comes from AD; `null` for one that never did.
    pub on_premises_sync_enabled: Option<bool>,
    /// The DNS name of the AD domain: it names the key that seals the partial TGT.
    pub on_premises_domain_name: Option<String>,
    /// sAMAccountName: the client name of the partial TGT.
    pub on_premises_sam_account_name: Option<String>,
    /// The SID: the requestor in the partial TGT.
    pub on_premises_security_identifier: Option<String>,
    /// The UPN in AD.
    pub on_premises_user_principal_name: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    #[serde(rename = "@odata.context")]
    context: String,
    #[serde(flatten)]
    user: GraphUser,
}

impl GraphUser {
    fn rows(&self) -> [(&'static str, Option<String>); 10] {
        let flag = |flag: Option<bool>| flag.map(|flag| flag.to_string());
        [
            ("id", Some(self.id.clone())),
            ("displayName", self.display_name.clone()),
            ("userPrincipalName", Some(self.user_principal_name.clone())),
            ("userType", self.user_type.clone()),
            ("accountEnabled", flag(self.account_enabled)),
            ("onPremisesSyncEnabled", flag(self.on_premises_sync_enabled)),
            ("onPremisesDomainName", self.on_premises_domain_name.clone()),
            (
                "onPremisesSamAccountName",
                self.on_premises_sam_account_name.clone(),
            ),
            (
                "onPremisesSecurityIdentifier",
                self.on_premises_security_identifier.clone(),
            ),
            (
                "onPremisesUserPrincipalName",
                self.on_premises_user_principal_name.clone(),
            ),
        ]
    }
}

impl View for GraphUser {
    const ARTEFACT: Artefact = Artefact::Graph;
    const BLOCKS: &'static [Block] = &[Block::untitled(&[
        Row::text("id"),
        Row::text("displayName"),
        Row::text("userPrincipalName"),
        Row::text("userType"),
        Row::one_of("accountEnabled", &["true", "false"]),
        Row::one_of("onPremisesSyncEnabled", &["true", "false"]),
        Row::text("onPremisesDomainName"),
        Row::text("onPremisesSamAccountName"),
        Row::text("onPremisesSecurityIdentifier"),
        Row::text("onPremisesUserPrincipalName"),
    ])];
    const PROVENANCE: &'static [Provenance] = &[
        Provenance::lab_default("id", "a GUID in the documented place, derived from the UPN"),
        Provenance::public("*", "Microsoft Graph v1.0 reference, resource type user"),
    ];

    fn render(&self) -> String {
        let names: Vec<&str> = self.rows().iter().map(|(name, _)| *name).collect();
        let answer = Answer {
            context: format!(
                "https://graph.microsoft.com/v1.0/$metadata#users({})/$entity",
                names.join(",")
            ),
            user: self.clone(),
        };
        // texts, flags and nulls: nothing in it can fail to be written
        serde_json::to_string_pretty(&answer).unwrap_or_default() + "\n"
    }

    fn read(text: &str) -> Reading {
        let mut reader = Reader::new(Self::ARTEFACT, text);
        let from = text.find('{').unwrap_or(text.len());
        let parsed = serde_json::from_str::<serde_json::Value>(text.get(from..).unwrap_or_default());
        let mut block = None;
        for (at, line) in reader.lines() {
            if matches!(line, "{" | "}") {
                reader.frame(at);
                continue;
            }
            // Graph prints an attribute a line; a line that is cut is not understood
            let attribute = format!("{{{}}}", line.trim_matches(['{', '}', ',']));
            let Ok(serde_json::Value::Object(attributes)) = serde_json::from_str(&attribute) else {
                continue;
            };
            let block = *block.get_or_insert_with(|| reader.open("", at));
            for (name, value) in attributes {
                reader.fact(block, at, name, json_value(value));
            }
        }
        match (block, parsed) {
            (Some(block), Ok(_)) => reader.close(block, true, ""),
            (Some(block), Err(error)) => {
                reader.close(block, false, &format!("a part of the answer: {error}"))
            }
            (None, _) => reader.gap(0, "a user object of Microsoft Graph"),
        }
        reader.finish()
    }

    fn facts(&self, source: &Source) -> Vec<Fact> {
        let rows = self.rows().into_iter();
        rows.map(|(key, value)| Fact::new(Self::ARTEFACT, source, key, Value::of(value)))
            .collect()
    }
}

/// What an attribute says: `null` is that it is not there.
fn json_value(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Absent,
        serde_json::Value::String(text) => Value::Known(text),
        other => Value::Known(other.to_string()),
    }
}
