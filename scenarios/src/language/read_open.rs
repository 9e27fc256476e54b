//! Reads steps that open something: a share, a queue of a printer, a page.

use std::net::Ipv4Addr;

use client_sim::Act;
use client_sim::act::{Share, TypedAccount};

use super::problem::Finding;
use super::read::Reader;
use super::read_step::{At, StepReader};
use super::source::Span;
use super::step::StepKind;
use super::tree::Node;
use crate::lab::LOGIN_IDENTITIES;
use crate::world::Action;

impl StepReader<'_> {
    /// `open = '\\fs01\projects'`, `open = "http://app01.ad.fernhill.example/timesheets"`, or a table with `path`.
    pub(super) fn open(&mut self, node: &Node) -> Option<StepKind> {
        let mut write = false;
        let mut account = None;
        let (path, at, span) = if let Some(path) = node.as_str() {
            (path.to_owned(), At::default(), node.span)
        } else {
            let mut reader = Reader::new(node, "open", self.report)?;
            let path = reader.string("path");
            let path = reader.required("path", "a share such as '\\\\fs01\\projects', or a page", path);
            let at = self.at(&mut reader);
            write = reader.boolean("write").unwrap_or(false);
            let typed = reader.string("as");
            let place = reader.node("as").map_or(node.span, |node| node.span);
            reader.finish();
            if let Some(typed) = typed {
                account = Some(self.typed_account(&typed, place)?);
            }
            (path?, at, node.span)
        };
        if path.starts_with("http:") || path.starts_with("https:") {
            let url = self.url(&path, span)?;
            if write {
                let finding = Finding::new("`write` is for shares; a page is asked for with GET");
                self.report.add(span, finding);
                return None;
            }
            if account.is_some() {
                self.report.add(span, Finding::new("`as` is for shares"));
                return None;
            }
            return self.done(at, node.span, Act::OpenPage { url });
        }
        let share = self.unc(&path, span)?;
        let act = Act::OpenShare {
            share,
            write,
            account,
        };
        self.done(at, node.span, act)
    }

    /// An account as it is typed at a prompt for credentials, with the password of the user of the lab who is called so.
    fn typed_account(&self, text: &str, span: Span) -> Option<TypedAccount> {
        let account = self.lab.typed_account(text);
        if account.is_none() {
            let finding = Finding::new(format!("nobody in the lab is called `{text}`"));
            let wanted = r"'ad.fernhill.example\ada' in single quotes, or 'ada@ad.fernhill.example'";
            self.report.add(span, finding.expected(wanted));
        }
        account
    }

    /// `print = '\\prn01\front-desk'`: a job goes into a queue, which takes what a share takes that is written to.
    pub(super) fn print(&mut self, node: &Node) -> Option<StepKind> {
        let (path, at, span) = self.text_at(node, "queue")?;
        let queue = self.unc(&path, span)?;
        self.done(at, node.span, Act::Print { queue })
    }

    /// A page of a server of the lab, by its short name or its DNS name.
    fn url(&mut self, text: &str, span: Span) -> Option<http::Uri> {
        let uri = text.parse::<http::Uri>().ok();
        let Some((uri, host)) = uri.and_then(|uri| Some((uri.clone(), uri.host()?.to_owned()))) else {
            let finding = Finding::new(format!("`{text}` is no address of a page"));
            let expected = finding.expected("\"http://SERVER/PATH\"");
            self.report.add(span, expected);
            return None;
        };
        let published = &self.lab.app_proxies;
        if let Some(app) = published
            .values()
            .find(|app| app.host.eq_ignore_ascii_case(&host))
        {
            return format!("https://{}{}", app.host, path(&uri)).parse().ok();
        }
        let short = host.split('.').next().unwrap_or(&host);
        let name = self
            .names
            .of_section("server")
            .resolve(short, span, self.report)?;
        let server = self.lab.servers.get(&name)?;
        if !server.serves_web() {
            let finding = Finding::new(format!("{name} has no web application"));
            self.report
                .add(span, finding.expected("a server with services = [\"HTTP\"]"));
            return None;
        }
        if uri.scheme() != Some(&http::uri::Scheme::HTTP) || !host_only(&uri) {
            let finding = Finding::new("a server of the lab has its pages at port 80, in clear");
            self.report
                .add(span, finding.expected(format!("\"http://{host}{}\"", uri.path())));
            return None;
        }
        let domain = self.lab.domains.get(&server.domain)?;
        let host = match host.contains('.') {
            true => format!("{}.{}", server.host, domain.dns_name).to_lowercase(),
            false => host,
        };
        format!("http://{host}{}", path(&uri)).parse().ok()
    }

    /// `\\fs01\projects`: the server by its DNS name, its short name or its address, and one of its shares.
    fn unc(&self, path: &str, span: Span) -> Option<Share> {
        let Some((host, share)) = path.strip_prefix("\\\\").and_then(|rest| rest.split_once('\\')) else {
            let finding = Finding::new(format!("`{path}` is not a share"));
            self.report
                .add(span, finding.expected("'\\\\SERVER\\SHARE' in single quotes"));
            return None;
        };
        let apps = &self.lab.cloud_apps;
        if let Some((_, app)) = apps.iter().find(|(name, app)| app.is_named(name, host)) {
            let known = super::read::Known {
                what: "share of that application:",
                names: app.shares.keys().map(String::as_str).collect(),
            };
            let share = known.resolve(share, span, self.report)?;
            let server = app.host.as_str().into();
            let name = share.into();
            return Some(Share { server, name });
        }
        let address = host.parse::<Ipv4Addr>().ok();
        let mut servers = self.lab.servers.iter();
        let short = match servers.find(|(_, server)| Some(server.address) == address) {
            Some((name, _)) => name,
            None => host.split('.').next().unwrap_or(host),
        };
        let server = self
            .names
            .of_section("server")
            .resolve(short, span, self.report)?;
        let declared = self.lab.servers.get(&server)?;
        let known = super::read::Known {
            what: "share on that server:",
            names: declared.shares.keys().map(String::as_str).collect(),
        };
        let name = known.resolve(share, span, self.report)?.into();
        let domain = self.lab.domains.get(&declared.domain)?;
        let server = match address {
            None if host.contains('.') => format!("{}.{}", declared.host, domain.dns_name)
                .to_lowercase()
                .into(),
            _ => host.into(),
        };
        Some(Share { server, name })
    }

    /// `set-delegation = { server = "apx01", to = ["HTTP/app01.ad.fernhill.example"], protocol-transition = true }`.
    pub(super) fn set_delegation(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-delegation", self.report)?;
        let server = reader.reference("server", &self.names.of_section("server"));
        let server = reader.required("server", "a server of the lab", server);
        let to = reader.strings("to").unwrap_or_default();
        let protocol_transition = reader.boolean("protocol-transition").unwrap_or(false);
        reader.finish();
        Some(StepKind::Action(Action::SetDelegation {
            server: server?.into(),
            to: to.into_iter().map(|(name, _)| name.into()).collect(),
            protocol_transition,
        }))
    }

    /// `set-app-proxy = { app = "timesheets", login-identity = "on-premises-sam-account-name" }`, or `spn`.
    pub(super) fn set_app_proxy(&mut self, node: &Node) -> Option<StepKind> {
        let mut reader = Reader::new(node, "set-app-proxy", self.report)?;
        let app = reader.reference("app", &self.names.of_section("app-proxy"));
        let app = reader.required("app", "a published application of the lab", app);
        let spn = reader.string("spn");
        let login_identity = reader.choice("login-identity", LOGIN_IDENTITIES);
        reader.finish();
        Some(StepKind::Action(Action::SetAppProxy {
            app: app?.into(),
            spn: spn.map(Into::into),
            login_identity,
        }))
    }
}

/// The path of a page and its query.
fn path(uri: &http::Uri) -> &str {
    uri.path_and_query().map_or("/", |path| path.as_str())
}

/// Whether the address has neither a port nor a user.
fn host_only(uri: &http::Uri) -> bool {
    uri.authority().map(http::uri::Authority::as_str) == uri.host()
}
