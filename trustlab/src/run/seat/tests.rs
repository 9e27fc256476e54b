//! What is typed in a paused run.

use std::sync::Arc;

use client_sim::{Act, CredentialKind};
use proptest::prelude::*;
use scenarios::engine::RunOptions;
use scenarios::lab::CompiledLab;
use scenarios::language::{Faults, StepKind};
use scenarios::trace::TraceHash;

use super::*;
use crate::desk::command::GROUPS;
use crate::desk::line;

fn world() -> World {
    let lab = CompiledLab::compile(scenarios::lab::Lab::fernhill()).expect("the built-in lab");
    World::new(Arc::new(lab), 1)
}

/// A person at a machine of a paused lab.
struct Desk {
    world: World,
    moments: BTreeMap<String, World>,
}

impl Desk {
    fn new() -> Self {
        let moments = BTreeMap::new();
        Self {
            world: world(),
            moments,
        }
    }

    fn type_at(&mut self, host: &str, text: &str) -> Printed {
        typed_at(&mut self.world, &mut self.moments, host, text)
    }

    /// What Iris types at a prompt, as the prompt hands it on.
    fn iris_at(&mut self, host: &str, command: &[&str]) -> Printed {
        let typed = Typed {
            host: host.to_owned(),
            user: Some("iris".to_owned()),
            command: command.iter().map(|word| (*word).to_owned()).collect(),
        };
        let mut lab = Paused {
            world: &mut self.world,
            moments: BTreeMap::new(),
            story: Story::default(),
        };
        match at_once(answer(&mut lab, &Request::Type(typed))) {
            Answer::Printed(printed) => printed,
            Answer::Seated(_) => panic!("nobody sat down"),
        }
    }

    #[track_caller]
    fn works(&mut self, text: &str) -> Printed {
        let printed = self.type_at("ada-lt", text);
        assert_eq!(printed.code, 0, "{text}: {printed:?}");
        printed
    }

    #[track_caller]
    fn fails(&mut self, text: &str) -> String {
        let printed = self.type_at("ada-lt", text);
        assert_ne!(printed.code, 0, "{text}: {printed:?}");
        printed.stderr
    }
}

const DEVICES: [(&str, &str); 3] = [("ada-lt", "ada"), ("nora-lt", "nora"), ("freya-lt", "freya")];

/// The Hello keys of three devices, after `set_up` was done at each.
fn hello_keys(world: &mut World, mut set_up: impl FnMut(&mut World, &str, &str)) -> Vec<String> {
    let mut key_of = |(device, user): (&str, &str)| {
        set_up(world, device, user);
        let host = world.topology().find(device).expect("a device");
        let upn = format!("{user}@fernhill.example");
        let hello = world
            .device(host)
            .and_then(|device| device.user(&upn)?.hello.clone());
        hello.map_or_else(String::new, |hello| hello.key_id.to_string())
    };
    DEVICES.into_iter().map(&mut key_of).collect()
}

#[test]
fn each_device_makes_a_hello_key_of_its_own_however_it_is_asked() {
    let typed = hello_keys(&mut world(), |world, device, _| {
        for line in ["sign-in password", "set-up-hello"] {
            let printed = typed_at(world, &mut BTreeMap::new(), device, line);
            assert_eq!(printed.code, 0, "{device}: {line}: {printed:?}");
        }
    });
    let steps = hello_keys(&mut world(), |world, device, user| {
        let acts = [
            Act::SignIn {
                credential: Some(CredentialKind::Password),
                remote: false,
            },
            Act::SetUpHello,
        ];
        for act in acts {
            let step = StepKind::Act(PersonAct {
                device: device.into(),
                user: Some(user.into()),
                act,
            });
            world.perform(&step).expect("the lab has them");
        }
    });
    assert_eq!(typed, steps);
    let different: std::collections::BTreeSet<&String> = typed.iter().collect();
    assert_eq!(different.len(), DEVICES.len(), "{typed:?}");
    assert!(typed.iter().all(|key| !key.is_empty()), "{typed:?}");
}

#[test]
fn whoever_signs_in_again_gets_their_session_back() {
    let mut desk = Desk::new();
    desk.works("sign-in hello");
    desk.works("lock");
    desk.works("sign-in password");
    let host = desk.world.topology().find("ada-lt").expect("a device");
    let sessions = &desk.world.device(host).expect("a device").sessions;
    assert_eq!(
        sessions.iter().map(|session| session.locked).collect::<Vec<_>>(),
        [false]
    );
}

/// What was typed after two steps of a story, with a line of PowerShell, and lines that were taken back.
#[test]
fn a_saved_file_has_the_octets_of_what_was_typed() {
    let entry = scenarios::library::find("key-rotated-on-one-side").expect("a scenario of the library");
    let scenario = entry.scenario(&Faults::AsWritten).expect("it can be read");
    let mut run = Run::new(&scenario, RunOptions::default()).expect("the lab compiles");
    run.advance();
    run.advance();
    let mut lab = Paused {
        story: story(&run, false),
        world: run.world_mut(),
        moments: BTreeMap::new(),
    };
    let mut saved = None;
    for (host, user, line) in [
        ("ada-lt", None, r"open \\fs01\projects"),
        ("ada-lt", None, "klist"),
        ("nora-lt", None, "sign-in password"),
        ("nora-lt", None, "set-up-hello"),
        ("sync01", Some("iris"), "Get-ADUser krbtgt_AzureAD; whoami"),
        ("ada-lt", None, "save here"),
        ("ada-lt", None, "sign-out"),
        ("ada-lt", None, "back here"),
        ("ada-lt", None, "dsregcmd /refreshprt"),
        (
            "ada-lt",
            None,
            "nltest /dsgetdc:ad.fernhill.example /keylist /force",
        ),
        ("ada-lt", None, "klist get cifs/prn01.ad.fernhill.example"),
        ("ada-lt", None, "lock"),
        ("ada-lt", None, "move home"),
        ("ada-lt", None, "wait 5h"),
        ("ada-lt", None, "unlock"),
        ("nora-lt", Some("nora"), r"print \\prn01\front-desk"),
        ("ada-lt", None, r"open \\nowhere\share"),
        ("ada-lt", None, "save-as again.toml"),
    ] {
        let typed = Typed {
            host: host.to_owned(),
            user: user.map(str::to_owned),
            command: vec![line.to_owned()],
        };
        let Answer::Printed(printed) = at_once(answer(&mut lab, &Request::Type(typed))) else {
            panic!("nobody sat down");
        };
        saved = Some(printed);
    }
    let hash = TraceHash::of(lab.world.trace());
    let saved = saved.expect("the last line");
    // the lab has no such share to name; the name was not even looked up
    assert!(saved.stderr.contains("nowhere"), "{saved:?}");
    let (name, octets) = saved.file.expect("a file");
    let text = String::from_utf8(octets).expect("UTF-8");
    assert!(text.contains("# cannot be said as a step"), "{text}");
    assert!(
        !text.contains("sign-out"),
        "what was taken back is not in it: {text}"
    );
    let again = scenarios::library::read_scenario(&name, &text, &Faults::AsWritten)
        .unwrap_or_else(|problems| panic!("{problems}\n{text}"));
    let mut run = Run::new(&again, RunOptions::default()).expect("the lab compiles");
    run.complete();
    assert_eq!(TraceHash::of(run.world().trace()), hash, "{text}");
}

/// What becomes of the partial TGT that Ada got before: her full TGT is purged, and a share needs another one.
fn exchanged_again(world: &World) -> Printed {
    let mut copy = world.clone();
    let mut typed = |line| typed_at(&mut copy, &mut BTreeMap::new(), "ada-lt", line);
    assert_eq!(typed("klist purge").code, 0);
    typed(r"open \\fs01\projects")
}

/// A prompt and the control socket hand on the same request; a console of the world gets the line as it was typed.
#[test]
fn cmdlets_at_a_prompt_leave_what_steps_leave() {
    use scenarios::world::{Action, Side};

    let domain: Arc<str> = "ad.fernhill.example".into();
    let rotate = Action::RotateServerKey {
        domain: Arc::clone(&domain),
        side: Side::Both,
    };
    let remove = Action::RemoveKerberosServer {
        domain: Arc::clone(&domain),
        side: Side::Both,
    };
    let publish = Action::Publish { domain, tenant: None };
    let mut desk = Desk::new();
    let mut steps = world();
    desk.iris_at(
        "dc01",
        &["Install-Module -Name AzureADHybridAuthenticationManagement -AllowClobber"],
    );
    for world in [&mut desk.world, &mut steps] {
        let signed_in = typed_at(world, &mut BTreeMap::new(), "ada-lt", "sign-in hello");
        assert_eq!(signed_in.code, 0, "{signed_in:?}");
    }
    let rows = |world: &World| world.kerberos_server_rows(0, Some(0));
    for (cmdlet, switch, step, is_exchanged) in [
        ("Set", "", &publish, true),
        ("Set", " -RotateServerKey", &rotate, true),
        ("Remove", "", &remove, false),
        ("Set", "", &publish, false),
    ] {
        let before = rows(&steps);
        let line = format!(
            "{cmdlet}-AzureADKerberosServer -Domain ad.fernhill.example -UserPrincipalName \
                 hugo@fernhill.example{switch}"
        );
        let printed = desk.iris_at("dc01", &[&line]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{line}");
        steps.apply(step).expect("the step can be done");
        assert_eq!(rows(&desk.world), rows(&steps), "{line}");
        let objects = |world: &World| world.kerberos_server_objects(0);
        assert_eq!(objects(&desk.world), objects(&steps), "{line}");
        let fate = exchanged_again(&desk.world);
        assert_eq!(fate, exchanged_again(&steps), "{line}");
        assert_eq!(fate.code == 0, is_exchanged, "{line}: {fate:?}");
        assert_eq!(
            rows(&steps) == before,
            step == &publish && before.id.is_some(),
            "{line}"
        );
    }
}

#[test]
fn a_binding_by_hand_decides_which_dc_is_asked() {
    let mut desk = Desk::new();
    desk.works("sign-in hello");
    for (kdc, other) in [("dc02", "dc01"), ("dc01", "dc02")] {
        desk.works("klist purge_bind");
        desk.works("klist purge");
        let bound = desk.works(&format!("elevated klist add_bind ad.fernhill.example {kdc}"));
        let says = format!("Domain ad.fernhill.example is now bound to KDC {kdc}.");
        assert!(bound.stdout.contains(&says), "{bound:?}");
        desk.works(r"open \\fs01\projects");
        let tickets = desk.works("klist").stdout;
        assert!(tickets.contains(&format!("Kdc Called: {kdc}.")), "{tickets}");
        assert!(!tickets.contains(&format!("Kdc Called: {other}.")), "{tickets}");
        let bindings = desk.works("klist query_bind").stdout;
        assert!(bindings.contains(&format!("KDC Address: {kdc}\n")), "{bindings}");
    }
    assert!(
        desk.fails("klist add_bind ad.fernhill.example fs01")
            .contains("is not bound")
    );
    assert!(desk.fails("klist add_bind FERNHILL dc01").contains("DNS name"));
}

#[test]
fn another_session_takes_an_elevated_window() {
    let mut desk = Desk::new();
    desk.works("sign-in hello");
    desk.works(r"open \\fs01\projects");
    let own = desk.works("klist").stdout;
    let id = own
        .lines()
        .next()
        .unwrap()
        .trim_start_matches("Current LogonId is 0:")
        .to_owned();
    let named = desk.works(&format!("klist -li {id}")).stdout;
    assert_eq!(
        named.replacen(&format!("Targeted LogonId is 0:{id}\n"), "", 1),
        own
    );
    assert!(desk.fails("klist -li 0x3e7").contains("elevated window"));
    let elevated = desk.works(&format!("elevated klist -li {id}")).stdout;
    assert!(elevated.contains("cifs/fs01.ad.fernhill.example"), "{elevated}");
    let system = desk.works("elevated klist tickets -lh 0 -li 3E7").stdout;
    assert!(
        system.contains("Targeted LogonId is 0:0x3e7\n\nCached Tickets: (0)"),
        "{system}"
    );
    assert!(
        desk.type_at("ada-lt", "elevated klist -li 0xdead")
            .stdout
            .contains("0xc000005f")
    );
    desk.works(&format!("elevated klist purge -li {id}"));
    assert!(desk.works("klist").stdout.contains("Cached Tickets: (0)"));
    assert!(desk.works("klist kcd_cache").stderr.contains("is empty"));
    assert!(desk.works("klist kdcoptions").stderr.contains("0x40810000"));
}

#[test]
fn a_morning_at_the_prompt() {
    let mut desk = Desk::new();
    assert!(desk.fails("klist").contains("sign-in hello"));
    desk.works("sign-in hello");
    desk.works(r#"open "\\fs01\projects""#);
    assert!(
        desk.works("klist")
            .stdout
            .contains("cifs/fs01.ad.fernhill.example")
    );
    desk.works("lock");
    assert!(desk.works("wait 4h").stderr.contains("Monday 2026-11-23 12:00"));
    desk.works("unlock");
    desk.works("klist purge");
    desk.works("move home");
    assert!(
        desk.fails(r"open \\fs01\projects")
            .contains("STATUS_NO_LOGON_SERVERS")
    );
    desk.works("move vpn");
    desk.works(r"open \\fs01\projects");
    desk.works("sign-out");
    assert!(desk.fails("lock").contains("not signed in"));
    desk.works("sign-in password");
}

#[test]
fn a_remembered_moment_comes_back_with_its_clock_and_its_tickets() {
    let mut desk = Desk::new();
    desk.works("sign-in hello");
    let (before, time) = (desk.works("klist cloud_debug"), desk.world.now());
    desk.works("save morning");
    desk.works("wait 2d");
    desk.works("sign-out");
    assert_eq!(desk.works("save").stdout, "morning\n");
    desk.works("back morning");
    assert_eq!(
        (desk.works("klist cloud_debug"), desk.world.now()),
        (before, time)
    );
    assert!(desk.fails("back evening").contains("there are: morning"));
}

#[test]
fn a_wrong_line_is_answered_as_the_shell_or_the_tool_would() {
    let mut desk = Desk::new();
    let stderr = desk.fails("foo");
    assert!(stderr.starts_with(
        "'foo' is not recognized as an internal or external command,\noperable program or batch file.\n"
    ));
    assert!(stderr.contains("klist"), "{stderr}");
    assert!(
        desk.fails("Get-Foo")
            .contains("is not recognized as the name of a cmdlet")
    );
    assert!(desk.fails("klsit").contains("did you mean klist?"));
    assert!(
        desk.type_at("fs01", "sign-in")
            .stderr
            .contains("this lab has sign-in on Windows clients, and not on FS01")
    );
    assert!(
        stderr.contains("Windows may know foo; this lab does not"),
        "{stderr}"
    );
    // a tool of Windows that the lab has elsewhere is not said to be none
    for tool in ["klist", "dsregcmd", "w32tm", "gpupdate"] {
        let said = desk.type_at("dc01", tool).stderr;
        assert!(!said.contains("not recognized"), "{said}");
        assert!(said.lines().all(|line| line.len() <= 80), "{said}");
    }
    let printed = desk.type_at("ada-lt", "klist.exe nonsense");
    assert!(printed.stdout.contains("Usage: klist"), "{printed:?}");
    assert_eq!(desk.fails("wait long"), "wait: takes a time: 90s, 10m, 4h, 2d\n");
    assert_eq!(
        desk.fails(r"open fs01"),
        "open: takes a share or a page: \\\\fs01\\projects, http://app01/timesheets\n"
    );
    assert!(desk.fails("move moon").contains("office, home, vpn"));
    assert!(desk.type_at("moon", "klist").stderr.contains("ADA-LT"));
}

#[test]
fn a_server_and_a_dc_find_a_dc_as_a_device_does() {
    let mut desk = Desk::new();
    let of_device = desk.works("nltest /dsgetdc:ad.fernhill.example /keylist").stdout;
    let labels = |text: &str| -> Vec<String> {
        let label = |line: &str| line.split(':').next().unwrap_or_default().trim().to_owned();
        text.lines().map(label).collect()
    };
    for (host, dc) in [("dc01", "dc01"), ("dc02", "dc02"), ("fs01", "dc01")] {
        let found = desk.type_at(host, "nltest /dsgetdc:");
        assert_eq!(found.code, 0, "{found:?}");
        assert_eq!(labels(&found.stdout), labels(&of_device), "{host}");
        let named = format!("DC: \\\\{dc}.ad.fernhill.example\n");
        assert!(found.stdout.contains(&named), "{host}: {}", found.stdout);
    }
    let other = desk.type_at("dc01", "nltest /dsgetdc:nowhere.example");
    assert_eq!(other.code, 1);
    assert!(other.stdout.contains("1355"), "{other:?}");
    // a flag that the DC itself lacks leads to another one
    let pdc = desk
        .type_at("dc02", "nltest /dsgetdc:ad.fernhill.example /pdc")
        .stdout;
    assert!(pdc.contains("dc01.ad.fernhill.example"), "{pdc}");
}

#[test]
fn powershell_gets_the_quotes_that_were_typed() {
    let mut desk = Desk::new();
    let shown = |desk: &mut Desk, command: &[&str]| {
        let printed = desk.iris_at("sync01", command);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{command:?}");
        printed.stdout
    };
    assert_eq!(shown(&mut desk, &["$d = 'x;y'"]), "");
    assert_eq!(shown(&mut desk, &["\"<$d>\""]), "<x;y>\n");
    let krbtgt = "CN=krbtgt_AzureAD,CN=Users,DC=ad,DC=fernhill,DC=example";
    let line = format!("Get-ADUser -Identity '{krbtgt}'");
    assert!(shown(&mut desk, &[&line]).contains(krbtgt));
    assert!(shown(&mut desk, &["Get-ADUser", "-Identity", krbtgt]).contains(krbtgt));
    for line in [
        &["powershell Write-Host 'a;whoami'"][..],
        &["powershell", "Write-Host", "a;whoami"],
        &["Powershell.exe \"Write-Host 'a;whoami'\""],
        &["Write-Host", "a;whoami"],
        &["& Write-Host 'a;whoami'"],
    ] {
        assert_eq!(shown(&mut desk, line), "a;whoami\n", "{line:?}");
    }
    assert_eq!(
        shown(
            &mut desk,
            &["powershell -Remote Write-Host \"<$env:USERDNSDOMAIN>\""]
        ),
        "<>\n"
    );
    assert_eq!(shown(&mut desk, &["'it''s'"]), "it's\n");
    let open = desk.iris_at("sync01", &["Write-Host 'a"]);
    assert!(
        open.stderr.contains("The string is missing the terminator: '."),
        "{open:?}"
    );
    let open = desk.iris_at("ada-lt", &["klist 'a"]);
    assert_eq!(
        (open.code, open.stderr.contains("is not closed")),
        (exit::BAD_INPUT, true)
    );
}

#[test]
fn every_command_of_the_consoles_is_found_at_the_prompt() {
    for host in ["sync01", "dc01"] {
        let mut desk = Desk::new();
        assert_eq!(desk.iris_at(host, &["whoami"]).stdout, "fernhill\\iris\n");
        for name in scenarios::cmdlets::command_names() {
            let printed = desk.iris_at(host, &[name]);
            let said = printed.stderr.replace('\n', " ");
            let of_the_module = name.contains("AzureADKerberosServer");
            assert_eq!(
                said.contains("is not recognized"),
                of_the_module,
                "{name}: {said}"
            );
        }
    }
    let mut desk = Desk::new();
    let unknown = desk.iris_at("sync01", &["Get-Procss"]).stderr;
    assert!(unknown.contains("'Get-Procss' is not recognized"), "{unknown}");
    assert!(
        unknown.contains("(trustlab: Get-Procss is beyond this console"),
        "{unknown}"
    );
    assert!(
        desk.iris_at("sync01", &["Writ-Host a"])
            .stderr
            .contains("did you mean write-host?")
    );
}

#[test]
fn a_note_stands_behind_its_error() {
    let printed = Desk::new().iris_at("sync01", &["Get-Nothing; Get-ADUser nobody_$"]);
    let place = |text: &str| {
        printed
            .stderr
            .find(text)
            .unwrap_or_else(|| panic!("{text}: {printed:?}"))
    };
    assert!(place("Get-Nothing : ") < place("beyond this console"));
    assert!(place("beyond this console") < place("Get-ADUser : "));
}

#[test]
fn what_is_not_there_is_bad_input() {
    let mut desk = Desk::new();
    for (host, command) in [("sync99", "whoami"), ("fs01", "pwsh whoami")] {
        assert_eq!(
            desk.iris_at(host, &[command]).code,
            exit::BAD_INPUT,
            "{host} {command}"
        );
    }
}

#[test]
fn help_names_every_command_of_the_machine_and_shows_how_each_is_typed() {
    let mut desk = Desk::new();
    let help = desk.works("help").stdout;
    for entry in GROUPS.iter().flat_map(|group| group.entries) {
        assert!(
            !entry.about.is_empty() && !entry.usage.is_empty(),
            "{}",
            entry.name
        );
        assert_eq!(entry.name, entry.name.to_lowercase());
        if entry.on.include(crate::desk::sitting::Machine::Client) {
            assert!(help.contains(&format!("\n  {}", entry.name)), "{}", entry.name);
            assert!(
                desk.works(&format!("help {}", entry.name))
                    .stdout
                    .contains(entry.usage.lines().next().expect("a line"))
            );
        }
    }
}

fn word() -> impl Strategy<Value = String> {
    let mut words: Vec<String> = [
        "hello",
        r"\\fs01\projects",
        "cifs/fs01",
        "90s",
        "--only",
        "",
        "\"",
        "'",
        r"\\",
    ]
    .map(str::to_owned)
    .into();
    for entry in GROUPS.iter().flat_map(|group| group.entries) {
        words.push(entry.name.to_owned());
        words.extend(
            entry
                .all_forms()
                .flat_map(|form| form.split(' '))
                .map(str::to_owned),
        );
    }
    prop_oneof![4 => proptest::sample::select(words), 1 => "(?s).{0,12}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn nothing_typed_stops_the_lab(
        lines in proptest::collection::vec((0_usize..4, proptest::collection::vec(word(), 0..4)), 1..12)
    ) {
        let mut desk = Desk::new();
        desk.works("sign-in hello");
        for (host, command) in lines {
            let host = ["ada-lt", "kiosk-01", "dc01", "fs01"][host];
            let text: Vec<String> = command.iter().map(|word| line::quoted(word)).collect();
            desk.type_at(host, &text.join(" "));
        }
    }
}
