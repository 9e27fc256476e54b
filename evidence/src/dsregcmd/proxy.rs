//! The sections "IE Proxy Config for Current User" and "WinHttp Default Proxy Config".

use super::boxes::{Line, yes_no};

/// Both proxy sections, on builds that show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProxyConfig {
    /// Whether the user's proxy is looked for.
    pub auto_detect: bool,
    /// Where the user's proxy script is.
    pub auto_configuration_url: Option<String>,
    /// The user's proxy.
    pub proxy_servers: Option<String>,
    /// What the user's browser reaches without it.
    pub proxy_bypass: Option<String>,
    /// The machine's proxy, by which Entra is reached at sign-in; `None` is direct access.
    pub winhttp: Option<WinHttp>,
}

/// The machine's proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WinHttp {
    /// Host and port.
    pub servers: String,
    /// What is reached without it.
    pub bypass: Option<String>,
}

impl ProxyConfig {
    pub(super) fn user_rows(&self) -> Vec<Line> {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        vec![
            ("Auto Detect Settings", yes_no(self.auto_detect)),
            ("Auto-Configuration URL", text(&self.auto_configuration_url)),
            (SERVERS, text(&self.proxy_servers)),
            (BYPASS, text(&self.proxy_bypass)),
        ]
    }

    pub(super) fn machine_rows(&self) -> Vec<Line> {
        match &self.winhttp {
            None => vec![(ACCESS, "DIRECT".to_owned())],
            Some(proxy) => vec![
                (ACCESS, "NAMED PROXY".to_owned()),
                (SERVERS, proxy.servers.clone()),
                (BYPASS, proxy.bypass.clone().unwrap_or_default()),
            ],
        }
    }
}

const ACCESS: &str = "Access Type";
const SERVERS: &str = "Proxy Server List";
const BYPASS: &str = "Proxy Bypass List";
