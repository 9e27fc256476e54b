//! Every artefact there is: one enum, declared by one table.
//!
//! To add a view: write its module, which says how it is rendered and read and what its rows are ([`View`]), and add one entry to
//! the table below. The compiler then asks how a world fills it; lists, completion, the keys of `[[expect]]`, evidence
//! folders and documents follow from the entry.

use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::provenance::Provenance;
use crate::row::{Block, Row};
use crate::{Fact, Reading, Source, View};
use crate::{
    cloud_debug, dsregcmd, event, graph, intune, kerberos_server, klist, nltest, observed, registry, w32tm,
    whoami, winhttp,
};

/// What the table says of an artefact.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What facts call it: the command as one types it, and in what context.
    pub name: &'static str,
    /// Its key in `[[expect]]`.
    pub key: Option<&'static str>,
    /// What is typed at the lab's prompts to see it; `<spn>` and the like stand for a name of the lab.
    pub typed: Option<&'static str>,
    /// The files it becomes in an evidence folder; `*` stands for a user's name.
    pub files: &'static [&'static str],
    /// Where it can be seen.
    pub on: Place,
    /// The report of a run lists what it shows at the end.
    pub is_reported: bool,
    /// The artefact of which this is another context, or a part.
    pub context_of: Option<Artefact>,
    /// Its rows, where its type shows several artefacts with rows of their own.
    pub rows: Option<&'static [Block]>,
}

/// Where an artefact can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// On Windows clients.
    Client,
    /// On every machine.
    Machine,
    /// At the consoles of servers and DCs.
    Console,
    /// In no tool: the lab itself observes it.
    Lab,
}

impl About {
    const OF_CLIENT: Self = Self {
        name: "",
        key: None,
        typed: None,
        files: &[],
        on: Place::Client,
        is_reported: false,
        context_of: None,
        rows: None,
    };
}

macro_rules! artefacts {
    ($($(#[$doc:meta])* $artefact:ident($view:ty) { $($field:ident: $value:expr),* $(,)? })*) => {
        /// One kind of evidence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Artefact {
            $($(#[$doc])* $artefact,)*
        }

        /// An artefact that was taken: what it shows, as a type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AnyView {
            $($(#[$doc])* $artefact($view),)*
        }

        impl Artefact {
            /// Every artefact, in the order of the documents.
            pub const ALL: &'static [Self] = &[$(Self::$artefact),*];

            /// What the table says of it.
            pub const fn about(self) -> &'static About {
                match self {
                    $(Self::$artefact => const { &About { $($field: $value,)* ..About::OF_CLIENT } },)*
                }
            }

            /// What its rows rest on: the first entry that covers a row counts.
            pub const fn provenance(self) -> &'static [Provenance] {
                match self {
                    $(Self::$artefact => <$view as View>::PROVENANCE,)*
                }
            }

            /// Its rows, block by block.
            pub const fn blocks(self) -> &'static [Block] {
                if let Some(rows) = self.about().rows {
                    return rows;
                }
                match self {
                    $(Self::$artefact => <$view as View>::BLOCKS,)*
                }
            }

            /// Reads text of the tool, whatever it is.
            pub fn read(self, text: &str) -> Reading {
                let reading = match self {
                    $(Self::$artefact => <$view as View>::read(text),)*
                };
                // the same type reads several contexts
                Reading { artefact: self, ..reading }
            }
        }

        impl AnyView {
            /// Which artefact it is.
            pub const fn artefact(&self) -> Artefact {
                match self {
                    $(Self::$artefact(_) => Artefact::$artefact,)*
                }
            }

            /// The text exactly as the tool prints it, with `\n` line ends.
            pub fn render(&self) -> String {
                match self {
                    $(Self::$artefact(view) => view.render(),)*
                }
            }

            /// The artefact's rows as facts about `source`.
            pub fn facts(&self, source: &Source) -> Vec<Fact> {
                let mut facts = match self {
                    $(Self::$artefact(view) => view.facts(source),)*
                };
                // the same type shows several contexts
                for fact in &mut facts {
                    fact.artefact = self.artefact();
                }
                facts
            }
        }
    };
}

artefacts! {
    /// `dsregcmd /status` in the window of a user.
    Dsregcmd(dsregcmd::Status) {
        name: "dsregcmd /status",
        key: Some("dsregcmd"),
        typed: Some("dsregcmd /status"),
        files: &["dsregcmd-status.txt"],
    }
    /// Its section "SSO State" alone, which costs less to make and is asked for far more often.
    SsoState(dsregcmd::SsoState) {
        name: "dsregcmd /status",
        context_of: Some(Artefact::Dsregcmd),
        is_reported: true,
    }
    /// `dsregcmd /status` as the system account, in which remote management runs.
    DsregcmdAsSystem(dsregcmd::Status) {
        name: "dsregcmd /status, as SYSTEM",
        key: Some("dsregcmd-system"),
        typed: Some("system dsregcmd /status"),
        context_of: Some(Artefact::Dsregcmd),
    }
    /// `dsregcmd /status` in an elevated window.
    DsregcmdElevated(dsregcmd::Status) {
        name: "dsregcmd /status, elevated",
        key: Some("dsregcmd-elevated"),
        typed: Some("elevated dsregcmd /status"),
        context_of: Some(Artefact::Dsregcmd),
    }
    /// `dsregcmd /refreshprt`.
    RefreshPrt(dsregcmd::RefreshPrt) {
        name: "dsregcmd /refreshprt",
        typed: Some("dsregcmd /refreshprt"),
    }
    /// `klist`.
    Klist(klist::KlistTickets) {
        name: "klist",
        key: Some("klist"),
        typed: Some("klist"),
        files: &["klist.txt"],
        is_reported: true,
    }
    /// `klist` in an elevated window.
    KlistElevated(klist::KlistTickets) {
        name: "klist, elevated",
        key: Some("klist-elevated"),
        typed: Some("elevated klist"),
        context_of: Some(Artefact::Klist),
    }
    /// `klist tgt`.
    KlistTgt(klist::tgt::KlistTgt) {
        name: "klist tgt",
        key: Some("klist-tgt"),
        typed: Some("klist tgt"),
        files: &["klist-tgt.txt"],
    }
    /// `klist sessions`.
    KlistSessions(klist::sessions::KlistSessions) {
        name: "klist sessions",
        key: Some("klist-sessions"),
        typed: Some("klist sessions"),
        files: &["klist-sessions.txt"],
    }
    /// `klist cloud_debug`.
    CloudDebug(cloud_debug::CloudDebug) {
        name: "klist cloud_debug",
        key: Some("cloud-debug"),
        typed: Some("klist cloud_debug"),
        files: &["klist-cloud_debug.txt"],
        is_reported: true,
    }
    /// What `klist get SPN` prints when it has asked for a ticket.
    KlistGet(klist::get::KlistGet) {
        name: "klist get",
        typed: Some("klist get <spn>"),
    }
    /// What `klist purge` prints.
    KlistPurge(klist::purge::KlistPurge) {
        name: "klist purge",
        typed: Some("klist purge"),
    }
    /// `klist query_bind`.
    KlistBindings(klist::bind::KlistBindings) {
        name: "klist query_bind",
        key: Some("klist-bind"),
        typed: Some("klist query_bind"),
        files: &["klist-query_bind.txt"],
    }
    /// What `klist add_bind` prints.
    KlistAddBind(klist::bind::KlistAddBind) {
        name: "klist add_bind",
        typed: Some("klist add_bind <domain> <host>"),
    }
    /// What `klist purge_bind` prints.
    KlistPurgeBind(klist::bind::KlistPurgeBind) {
        name: "klist purge_bind",
        typed: Some("klist purge_bind"),
    }
    /// `nltest /dsgetdc` of the user's domain.
    Nltest(nltest::DsGetDc) {
        name: "nltest /dsgetdc",
        key: Some("nltest"),
        typed: Some("nltest /dsgetdc:"),
        files: &["nltest-dsgetdc.txt"],
    }
    /// The same with the flags that an exchange needs.
    NltestKeyList(nltest::DsGetDc) {
        name: "nltest /dsgetdc /keylist /kdc",
        key: Some("nltest-keylist"),
        typed: Some("nltest /dsgetdc: /keylist /kdc"),
        files: &["nltest-dsgetdc-keylist-kdc.txt"],
        context_of: Some(Artefact::Nltest),
    }
    /// `whoami /groups`.
    Whoami(whoami::Groups) {
        name: "whoami /groups",
        key: Some("whoami"),
        typed: Some("whoami /groups"),
        files: &["whoami-groups.txt"],
    }
    /// `w32tm /query /status`.
    W32tm(w32tm::TimeStatus) {
        name: "w32tm /query /status",
        key: Some("w32tm"),
        typed: Some("w32tm /query /status"),
        files: &["w32tm-status.txt"],
    }
    /// `w32tm /stripchart` of the first DC of the user's domain.
    Stripchart(w32tm::Stripchart) {
        name: "w32tm /stripchart",
        key: Some("stripchart"),
        typed: Some("w32tm /stripchart /computer: /dataonly /samples:3"),
        files: &["w32tm-stripchart.txt"],
    }
    /// `netsh winhttp show proxy`.
    WinHttp(winhttp::WinHttpProxy) {
        name: "netsh winhttp show proxy",
        key: Some("winhttp"),
        typed: Some("netsh winhttp show proxy"),
        files: &["winhttp-proxy.txt"],
    }
    /// `reg query` of the keys that matter to sign-in.
    Registry(registry::RegistryKeys) {
        name: "reg query",
        key: Some("registry"),
        typed: Some(r"reg query HKLM\SOFTWARE\Policies\Microsoft\PassportForWork /s"),
        files: &["PassportForWork-GPO-user.reg", "PassportForWork-GPO.reg", "PassportForWork-MDM.reg"],
    }
    /// The event logs of a machine.
    Events(event::EventLog) {
        name: "events",
        key: Some("events"),
        typed: Some("events"),
        files: &["events.txt", "events.xml"],
        on: Place::Machine,
    }
    /// What Microsoft Graph says of the user.
    Graph(graph::GraphUser) {
        name: "Graph user",
        key: Some("graph"),
        typed: Some("graph <user>"),
        files: &["user-*.json"],
        on: Place::Machine,
    }
    /// Intune's report of the device.
    Intune(intune::DeviceReport) {
        name: "Intune, device configuration",
        key: Some("intune"),
        typed: Some("portal"),
        files: &["intune-report.txt"],
    }
    /// `Get-AzureADKerberosServer`: of a domain, and of the tenant that is asked.
    KerberosServer(kerberos_server::KerberosServer) {
        name: "Get-AzureADKerberosServer",
        key: Some("kerberos-server"),
        on: Place::Console,
        is_reported: true,
    }
    /// What a console showed last.
    PowerShell(observed::Observed) {
        name: "powershell",
        key: Some("powershell"),
        on: Place::Lab,
        rows: Some(observed::CONSOLE),
        is_reported: true,
    }
    /// How what a user or a device did ended.
    Outcome(observed::Observed) {
        name: "outcome",
        key: Some("outcome"),
        on: Place::Lab,
        rows: Some(observed::OUTCOMES),
        is_reported: true,
    }
    /// What DCs answered a device.
    Kdc(observed::Observed) {
        name: "kdc",
        key: Some("kdc"),
        on: Place::Lab,
        rows: Some(observed::KDC),
        is_reported: true,
    }
    /// Which rules decided.
    Rules(observed::Observed) {
        name: "rules",
        key: Some("rules"),
        on: Place::Lab,
        rows: Some(observed::RULES),
        is_reported: true,
    }
}

impl Artefact {
    /// What facts call it.
    pub const fn name(self) -> &'static str {
        self.about().name
    }

    /// The artefact that facts call so; the whole one, where a part of it goes by the same name.
    pub fn called(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|artefact| artefact.name() == name)
    }

    /// The artefacts that the documents list: not the contexts of another, nor what the lab alone observes.
    pub fn documented() -> impl Iterator<Item = Self> {
        let all = Self::ALL.iter().copied();
        all.filter(|artefact| artefact.about().context_of.is_none() && artefact.about().on != Place::Lab)
    }

    /// What a row rests on: the first entry that speaks of it.
    pub fn source_of(self, row: &str) -> Option<&'static Provenance> {
        self.provenance().iter().find(|entry| entry.covers(row))
    }

    /// The row of this name.
    pub fn row(self, name: &str) -> Option<Row> {
        match self {
            Self::Events => event::row(name),
            _ => crate::row::find(self.blocks(), name),
        }
    }

    /// The names of its rows, those that are chosen with `*`.
    pub fn row_names(self) -> Vec<String> {
        match self {
            Self::Events => event::row_names().collect(),
            _ => {
                let rows = self.blocks().iter().flat_map(|block| block.rows);
                rows.map(|row| row.name.to_owned()).collect()
            }
        }
    }

    /// The artefact to make where this row alone is looked at: the part that holds it, if a part does.
    #[must_use]
    pub fn part_with(self, row: &str) -> Self {
        match self {
            Self::Dsregcmd if Self::SsoState.row(row).is_some() => Self::SsoState,
            whole => whole,
        }
    }
}

impl fmt::Display for Artefact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By its name, as facts carry it.
impl Serialize for Artefact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// From such a name.
impl<'de> Deserialize<'de> for Artefact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::called(&name).ok_or_else(|| de::Error::custom(format!("there is no artefact `{name}`")))
    }
}

impl AnyView {
    /// The files it becomes in an evidence folder; none for an artefact that becomes none, or without contents.
    pub fn files(&self) -> Vec<(String, String)> {
        let names = self.artefact().about().files;
        match (self, names) {
            (Self::Registry(keys), _) => {
                let parts = registry::FILES.iter().zip(names);
                let parts = parts.map(|(path, name)| ((*name).to_owned(), keys.below(path)));
                let held = parts.filter(|(_, keys)| !keys.keys.is_empty());
                held.map(|(name, keys)| (name, keys.render_reg())).collect()
            }
            (Self::Events(log), [text, xml]) => vec![
                ((*text).to_owned(), log.render()),
                ((*xml).to_owned(), log.render_xml()),
            ],
            (Self::Graph(user), [name]) => {
                vec![(name.replace('*', &user.user_principal_name), user.render())]
            }
            (_, [name, ..]) => vec![((*name).to_owned(), self.render())],
            (_, []) => Vec::new(),
        }
    }
}
