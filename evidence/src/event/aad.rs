//! The logs "AAD/Operational" (errors) and "AAD/Analytic": how the primary refresh token was asked for.

use super::Body;
use super::template::{Field, Level, Provider, Template};

/// 1006 and 1007, or 1157 and 1158 for a refresh: the request for a PRT begins, and ends with a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrtRequest {
    /// Whether a PRT is refreshed.
    pub refresh: bool,
    /// The status at its end; `None` at its beginning.
    pub status: Option<u32>,
    /// The UPN.
    pub upn: String,
}

/// 1081: Entra refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerError {
    /// `error` of the answer: `invalid_grant`.
    pub error: String,
    /// `error_description`, which begins with the AADSTS code.
    pub description: String,
    /// A GUID that both ends log.
    pub correlation_id: String,
    /// Where the request went.
    pub uri: String,
}

/// 1084: Entra was not reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkFailure {
    /// The error of WinHTTP: 12007.
    pub error: u32,
    /// Where the request went.
    pub uri: String,
}

/// 1088: an AD FS refused (WS-Trust), which a managed domain never shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WsTrustError {
    /// What the AD FS said.
    pub description: String,
    /// Where the request went.
    pub uri: String,
}

impl Body for PrtRequest {
    fn template(&self) -> &'static Template {
        match (self.refresh, self.status) {
            (false, None) => &BEGINS,
            (false, Some(_)) => &ENDS,
            (true, None) => &REFRESH_BEGINS,
            (true, Some(_)) => &REFRESH_ENDS,
        }
    }

    fn values(&self) -> Vec<String> {
        let mut values = vec![self.upn.clone()];
        values.extend(self.status.map(|status| format!("{status:#x}")));
        values
    }
}

impl Body for ServerError {
    fn template(&self) -> &'static Template {
        &SERVER_ERROR
    }

    fn values(&self) -> Vec<String> {
        vec![
            self.error.clone(),
            self.description.clone(),
            self.correlation_id.clone(),
            self.uri.clone(),
        ]
    }
}

impl Body for NetworkFailure {
    fn template(&self) -> &'static Template {
        &NETWORK_FAILURE
    }

    fn values(&self) -> Vec<String> {
        vec![format!("{:#x}", self.error), self.uri.clone()]
    }
}

impl Body for WsTrustError {
    fn template(&self) -> &'static Template {
        &WS_TRUST
    }

    fn values(&self) -> Vec<String> {
        vec![self.description.clone(), self.uri.clone()]
    }
}

const OPERATIONAL: Provider = Provider {
    name: "Microsoft-Windows-AAD",
    source: "Microsoft-Windows-AAD",
    guid: "{4DE9BC9C-B27A-43C9-8994-0915F1A5E24F}",
    log: "Microsoft-Windows-AAD/Operational",
};

const ANALYTIC: Provider = Provider {
    log: "Microsoft-Windows-AAD/Analytic",
    ..OPERATIONAL
};

pub(super) const TEMPLATES: &[&Template] = &[
    &BEGINS,
    &ENDS,
    &REFRESH_BEGINS,
    &REFRESH_ENDS,
    &SERVER_ERROR,
    &NETWORK_FAILURE,
    &WS_TRUST,
];

const UPN: Field = Field::row("Upn", "User");
const STATUS: Field = Field::row("Status", "Status");
const URI: Field = Field::row("Uri", "Endpoint URI");

const fn analytic(id: u16, fields: &'static [Field], message: &'static str) -> Template {
    Template {
        provider: &ANALYTIC,
        id,
        version: 0,
        level: Level::Information,
        task: (0, ""),
        fields,
        message,
    }
}

const fn operational(id: u16, fields: &'static [Field], message: &'static str) -> Template {
    Template {
        provider: &OPERATIONAL,
        id,
        version: 0,
        level: Level::Error,
        task: (101, "AadCloudAPPlugin Operation"),
        fields,
        message,
    }
}

static BEGINS: Template = analytic(1006, &[UPN], "Start of PRT acquisition.\nUser: {Upn}\n");

static ENDS: Template = analytic(
    1007,
    &[UPN, STATUS],
    "End of PRT acquisition.\nUser: {Upn}\nStatus: {Status}\n",
);

static REFRESH_BEGINS: Template = analytic(1157, &[UPN], "Start of PRT refresh.\nUser: {Upn}\n");

static REFRESH_ENDS: Template = analytic(
    1158,
    &[UPN, STATUS],
    "End of PRT refresh.\nUser: {Upn}\nStatus: {Status}\n",
);

static SERVER_ERROR: Template = operational(
    1081,
    &[
        Field::row("Error", "OAuth response error"),
        Field::row("Description", "Error description"),
        Field::row("CorrelationId", "CorrelationID"),
        URI,
    ],
    "OAuth response error: {Error}\nError description: {Description}\nCorrelationID: {CorrelationId}\nEndpoint URI: {Uri}\n",
);

static NETWORK_FAILURE: Template = operational(
    1084,
    &[Field::row("Error", "Network error"), URI],
    "Network error: {Error}\nEndpoint URI: {Uri}\n",
);

static WS_TRUST: Template = operational(
    1088,
    &[Field::row("Description", "WS-Trust response error"), URI],
    "WS-Trust response error: {Description}\nEndpoint URI: {Uri}\n",
);
