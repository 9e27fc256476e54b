//! The application proxy: what keeps its connector from a ticket shows as 401 after a Hello sign-in, opens after one with the
//! password, and is mended where it is wrong.

use scenarios::engine::{Run, RunOptions, RunReport};
use scenarios::language::{Faults, Scenario};
use scenarios::library;

/// A misconfiguration, the rule that refuses, and what mends it.
struct Case {
    what: &'static str,
    patches: &'static str,
    rule: &'static str,
    fix: &'static str,
}

const GOOD: &str = "to = [\"HTTP/app01.ad.fernhill.example\"], protocol-transition = true";

const CASES: &[Case] = &[
    Case {
        what: "the connector may not delegate",
        patches: "",
        rule: "S4U-ACCEPTED",
        fix: "set-delegation = { server = \"apx01\", GOOD }",
    },
    Case {
        what: "delegation with Kerberos only",
        patches: "[[patch]]\npath = \"server.apx01.delegate-to\"\nset = [\"HTTP/app01.ad.fernhill.example\"]\n",
        rule: "S4U-FORWARDABLE",
        fix: "set-delegation = { server = \"apx01\", GOOD }",
    },
    Case {
        what: "another service principal name in the settings of the application",
        patches: "[[patch]]\npath = \"app-proxy.timesheets.spn\"\nset = \"HTTP/timesheets\"\nDELEGATE",
        rule: "SERVICE-KNOWN",
        fix: "set-app-proxy = { app = \"timesheets\", spn = \"HTTP/app01.ad.fernhill.example\" }",
    },
    Case {
        what: "a delegated login identity that AD does not know",
        patches: "[[patch]]\npath = \"user.ada.sam\"\nset = \"a.byron\"\n\
                  [[patch]]\npath = \"app-proxy.timesheets.login-identity\"\nset = \"user-principal-name-part\"\nDELEGATE",
        rule: "S4U-USER-KNOWN",
        fix: "set-app-proxy = { app = \"timesheets\", login-identity = \"on-premises-sam-account-name\" }",
    },
    Case {
        what: "a service principal name of another account than the application runs as",
        patches: "[[patch]]\npath = \"user.svc\"\nadd = { rid = 1999, service-names = [\"HTTP/intranet\"] }\n\
                  [[patch]]\npath = \"app-proxy.timesheets.spn\"\nset = \"HTTP/intranet\"\n\
                  [[patch]]\npath = \"server.apx01.protocol-transition\"\nset = true\n\
                  [[patch]]\npath = \"server.apx01.delegate-to\"\n\
                  set = [\"HTTP/intranet\", \"HTTP/app01.ad.fernhill.example\"]\n",
        rule: "AP-TICKET-KEY",
        fix: "set-app-proxy = { app = \"timesheets\", spn = \"HTTP/app01.ad.fernhill.example\" }",
    },
];

const DELEGATE: &str = "[[patch]]\npath = \"server.apx01.protocol-transition\"\nset = true\n\
                        [[patch]]\npath = \"server.apx01.delegate-to\"\n\
                        set = [\"HTTP/app01.ad.fernhill.example\"]\n";

fn read(case: &Case) -> std::sync::Arc<Scenario> {
    let open = "open = \"https://timesheets.msappproxy.example/timesheets\"";
    let text = format!(
        "format = \"trustlab.scenario/1\"\nname = \"case\"\ntitle = \"a case\"\n\
         [[patch]]\npath = \"app-proxy.timesheets\"\nadd = {{ server = \"app01\", connector = \"apx01\" }}\n{}\
         [[step]]\nmove = {{ device = \"ada-lt\", to = \"home\" }}\n\
         [[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\" }}\n\
         [[step]]\nname = \"hello\"\n{open}\n\
         [[step]]\nsign-out = {{ device = \"ada-lt\" }}\n\
         [[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\", with = \"password\" }}\n\
         [[step]]\nname = \"password\"\n{open}\n\
         [[step]]\nsign-out = {{ device = \"ada-lt\" }}\n\
         [[step]]\nsign-in = {{ user = \"ada\", device = \"ada-lt\", with = \"hello\" }}\n\
         [[fix]]\n{}\n\
         [[retry]]\nopen = {{ path = \"https://timesheets.msappproxy.example/timesheets\", device = \"ada-lt\" }}\n\
         [[expect]]\nafter = \"hello\"\noutcome.open = {{ not = \"ok\" }}\nrules.refused = [\"{}\"]\n\
         [[expect]]\nafter = \"password\"\noutcome.open = \"ok\"\nrules.noted = [\"NTLM-ACCEPTED\"]\n\
         [[expect]]\nafter = \"fix\"\noutcome.open = \"ok\"\n",
        case.patches.replace("DELEGATE", DELEGATE),
        case.fix.replace("GOOD", GOOD),
        case.rule,
    );
    library::read_scenario("case.toml", &text, &Faults::AsWritten)
        .unwrap_or_else(|problems| panic!("{}: {problems}", case.what))
}

fn run(scenario: &Scenario, with_fix: bool) -> RunReport {
    let options = RunOptions {
        with_fix,
        ..RunOptions::default()
    };
    Run::new(scenario, options).expect("the lab compiles").finish()
}

#[test]
fn each_misconfiguration_is_401_with_hello_opens_with_the_password_and_is_mended() {
    let mut wrong = Vec::new();
    for case in CASES {
        let scenario = read(case);
        let report = run(&scenario, true);
        for miss in report.failures {
            wrong.push(format!("{}: {miss:?}", case.what));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_connector_that_is_switched_off_serves_nobody() {
    let text = "format = \"trustlab.scenario/1\"\nname = \"off\"\ntitle = \"t\"\n\
         [[patch]]\npath = \"app-proxy.timesheets\"\nadd = { server = \"app01\", connector = \"apx01\" }\nDELEGATE\
         [[step]]\nsign-in = { user = \"ada\", device = \"ada-lt\" }\n\
         [[step]]\npower = { host = \"apx01\", on = false }\n\
         [[step]]\nname = \"off\"\nopen = \"https://timesheets.msappproxy.example/timesheets\"\n\
         [[step]]\npower = { host = \"apx01\", on = true }\n\
         [[step]]\nname = \"on\"\nopen = \"https://timesheets.msappproxy.example/timesheets\"\n\
         [[expect]]\nafter = \"off\"\noutcome.open = { not = \"ok\" }\n\
         [[expect]]\nafter = \"on\"\noutcome.open = \"ok\"\n";
    let text = text.replace("DELEGATE", DELEGATE);
    let scenario = library::read_scenario("off.toml", &text, &Faults::AsWritten);
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(run(&scenario, false).failures, []);
}

#[test]
fn a_page_that_is_for_others_is_401_and_one_that_is_not_there_404() {
    let text = "format = \"trustlab.scenario/1\"\nname = \"pages\"\ntitle = \"t\"\n\
         [[patch]]\npath = \"server.app01.share.payroll\"\nadd = { read = [\"Domain Admins\"] }\n\
         [[step]]\nsign-in = { user = \"ada\", device = \"ada-lt\" }\n\
         [[step]]\nname = \"payroll\"\nopen = \"http://app01/payroll?month=11\"\n\
         [[step]]\nname = \"nothing\"\nopen = \"http://app01/nothing\"\n\
         [[expect]]\nafter = \"payroll\"\noutcome.open = \"http://app01.ad.fernhill.example/payroll?month=11 answers: 401 - Unauthorized: Access is denied due to invalid credentials.\"\n\
         [[expect]]\nafter = \"nothing\"\noutcome.open = \"http://app01.ad.fernhill.example/nothing answers: There is no such page.\"\n";
    let scenario = library::read_scenario("pages.toml", text, &Faults::AsWritten);
    let scenario = scenario.unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(run(&scenario, false).failures, []);
}
