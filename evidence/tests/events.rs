//! Events: the text of Event Viewer, Event XML, and reading both.

use evidence::event::aad::{NetworkFailure, PrtRequest, ServerError, WsTrustError};
use evidence::event::hello::{Configuration, SignInFailed};
use evidence::event::kerberos::{ErrorReceived, TicketFailed};
use evidence::event::registration::{KeyRegistered, Provisioning, TrustRows};
use evidence::event::security::{
    LoggedOn, Package, PreauthFailed, Request, ServiceTicketRequested, TgtRequested,
};
use evidence::event::{Body, Event, EventLog, templates};
use evidence::{AnyView, Source, Value, View};
use jiff::Timestamp;
use proptest::prelude::*;

mod reading;
use reading::{conserves_lines, reads_back, says_the_same};

const DC: &str = "DC01.ad.fernhill.example";

fn time() -> Timestamp {
    "2026-11-23T08:02:10Z".parse().expect("a time")
}

fn request(status: u32) -> Request {
    Request {
        options: 0x4081_0000,
        status,
        etype: (status == 0).then_some(0x12),
        address: "::ffff:192.0.2.21".into(),
        port: 49_272,
    }
}

fn denied() -> ServiceTicketRequested {
    ServiceTicketRequested {
        account: "dom@AD.FERNHILL.EXAMPLE".into(),
        realm: "AD.FERNHILL.EXAMPLE".into(),
        service: "krbtgt/AD.FERNHILL.EXAMPLE".into(),
        service_sid: None,
        request: request(0x14),
        logon_guid: None,
    }
}

fn provisioning(will_launch: bool, trust: TrustRows) -> Provisioning {
    Provisioning {
        will_launch,
        device_joined: true,
        user_azure_ad: true,
        policy_enabled: true,
        post_logon_enabled: true,
        hardware: true,
        not_remote: true,
        governed_by: "mobile device management".into(),
        trust,
    }
}

fn cloud_trust(cloud_tgt: Option<bool>) -> TrustRows {
    TrustRows::NoCertificate {
        cloud_trust: true,
        cloud_tgt,
    }
}

/// One event of each kind.
fn one_of_each() -> EventLog {
    let word = String::from;
    let bodies: Vec<Box<dyn Body>> = vec![
        Box::new(denied()),
        Box::new(TgtRequested {
            account: word("paul"),
            realm: word("AD.FERNHILL.EXAMPLE"),
            sid: Some(word("S-1-5-21-1-2-3-1108")),
            service: word("krbtgt"),
            service_sid: Some(word("S-1-5-21-1-2-3-502")),
            request: request(0),
            preauth: Some(2),
        }),
        Box::new(PreauthFailed {
            account: word("paul"),
            sid: word("S-1-5-21-1-2-3-1108"),
            service: word("krbtgt/AD.FERNHILL.EXAMPLE"),
            request: request(0x18),
            preauth: 2,
        }),
        Box::new(LoggedOn {
            sid: word("S-1-5-21-1-2-3-1104"),
            account: word("ada"),
            domain: word("AD.FERNHILL.EXAMPLE"),
            logon_id: 0x8d_cdc1,
            package: Package::Kerberos,
            logon_guid: None,
            workstation: None,
            address: word("192.0.2.21"),
            port: 50_113,
        }),
        Box::new(provisioning(true, cloud_trust(None))),
        Box::new(provisioning(false, cloud_trust(Some(false)))),
        Box::new(provisioning(
            false,
            TrustRows::Certificate {
                endpoint_ready: None,
                template: word("No ( 1 : StateNoPolicy )"),
                sts: false,
            },
        )),
        Box::new(KeyRegistered {
            key_id: word("{fa0db076-a5d7-4844-82d8-50a2fb42ec7b}"),
            upn: word("ada@fernhill.example"),
            tenant: word("f0000000-0000-4000-8000-00000000feed"),
        }),
        Box::new(Configuration {
            certificate_trust: false,
            cloud_trust: true,
            cloud_tgt: true,
        }),
        Box::new(SignInFailed {
            deployment: word("Key Trust"),
            status: 0xC000_00BB,
        }),
        Box::new(PrtRequest {
            refresh: false,
            status: None,
            upn: word("ada@fernhill.example"),
        }),
        Box::new(PrtRequest {
            refresh: true,
            status: Some(0),
            upn: word("ada@fernhill.example"),
        }),
        Box::new(ServerError {
            error: word("invalid_grant"),
            description: word("AADSTS50126: no & <never>"),
            correlation_id: word("c0000000-0000-4000-8000-000000000001"),
            uri: word("https://login.microsoftonline.com/common/oauth2/token"),
        }),
        Box::new(NetworkFailure {
            error: 12_007,
            uri: word("https://login.microsoftonline.com/common/oauth2/token"),
        }),
        Box::new(WsTrustError {
            description: word("refused"),
            uri: word("https://fs.fernhill.example/adfs"),
        }),
        Box::new(ErrorReceived {
            server_time: word("8:2:10.0000 11/23/2026 Z"),
            code: 0x14,
            name: word("KDC_ERR_TGT_REVOKED"),
            server_realm: word("AD.FERNHILL.EXAMPLE"),
            server_name: word("krbtgt/AD.FERNHILL.EXAMPLE"),
            target_name: word("krbtgt/AD.FERNHILL.EXAMPLE@AD.FERNHILL.EXAMPLE"),
        }),
        Box::new(TicketFailed {
            target_name: word("cifs/fs01.ad.fernhill.example"),
            status: 0xC000_005E,
        }),
    ];
    let user = |body: &dyn Body| (body.template().provider.log != "Security").then(|| word("S-1-5-18"));
    let event = |(record, body): (u64, Box<dyn Body>)| Event::new(time(), record, DC, user(&*body), &*body);
    EventLog {
        events: (1..).zip(bodies).map(event).collect(),
    }
}

#[test]
fn every_event_has_the_text_of_event_viewer() {
    insta::assert_snapshot!(one_of_each().render());
}

#[test]
fn event_xml_has_the_fields_of_the_documentation() {
    let events = one_of_each();
    insta::assert_snapshot!(events.events[0].render_xml());
    insta::assert_snapshot!(events.events[3].render_xml());
}

#[test]
fn both_forms_are_read() {
    let events = one_of_each();
    reads_back(&AnyView::Events(events.clone()));
    let read = EventLog::read(&events.render_xml());
    assert_eq!((&read.gaps, &read.not_understood), (&vec![], &vec![]));
    says_the_same(&AnyView::Events(events), &read);
}

#[test]
fn a_body_fills_every_field_and_the_message_shows_each_once() {
    for event in one_of_each().events {
        assert_eq!(event.values.len(), event.template.fields.len(), "{}", event.id());
    }
    for template in templates() {
        for field in template.fields {
            let slot = format!("{{{}}}", field.name);
            assert_eq!(
                template.message.matches(&slot).count(),
                1,
                "{} {slot}",
                template.id
            );
        }
        for line in template.message.lines() {
            assert!(line.matches('{').count() <= 1, "{} {line}", template.id);
        }
    }
}

#[test]
fn events_are_chosen_by_id_and_by_log() {
    let events = one_of_each();
    assert_eq!(events.only("4769").events.len(), 1);
    assert_eq!(events.only("hello").events.len(), 2);
    assert_eq!(events.only("9999").events.len(), 0);
}

#[test]
fn rows_are_facts_and_rest_on_something() {
    let source = Source {
        host: DC.into(),
        user: None,
        time_micros: 0,
    };
    let facts = one_of_each().facts(&source);
    let value = |key: &str| {
        facts
            .iter()
            .find(|fact| fact.key == key)
            .map(|fact| fact.value.clone())
    };
    assert_eq!(value("4769 Status"), Some(Value::Known("0x14".into())));
    assert_eq!(
        value("360 User account has Cloud TGT"),
        Some(Value::Known("No".into()))
    );
    assert_eq!(
        value("358 User account has Cloud TGT"),
        Some(Value::Known("Not Tested".into()))
    );
    for fact in &facts {
        assert!(fact.artefact.source_of(&fact.key).is_some(), "{}", fact.key);
    }
}

#[test]
fn an_event_that_is_not_known_here_costs_no_other() {
    let events = one_of_each();
    let text = events.render().replace("Event ID:      4768", "Event ID:      9");
    let read = EventLog::read(&text);
    assert_eq!(read.value("9"), Value::Known("1".into()));
    assert_eq!(read.value("4768"), Value::Unknown);
    assert_eq!(read.value("4769 Status"), Value::Known("0x14".into()));
    assert_eq!(read.gaps.len(), 1, "{:?}", read.gaps);
    assert!(
        read.not_understood
            .iter()
            .any(|line| line.text.contains("krbtgt"))
    );
    let xml = events.render_xml().replace("<EventID>4768", "<EventID>9");
    let read = EventLog::read(&xml);
    assert_eq!(read.value("9 TargetUserName"), Value::Known("paul".into()));
    assert_eq!(read.value("4769 Status"), Value::Known("0x14".into()));
    let cut = EventLog::read("<Event>");
    assert_eq!((cut.gaps.len(), cut.not_understood.len()), (1, 1));
}

#[test]
fn a_row_that_an_event_lacks_is_absent_only_where_the_event_is_whole() {
    let text = one_of_each().render();
    let lacking: String = text
        .lines()
        .filter(|line| !line.starts_with("User account has Cloud TGT"))
        .map(|line| format!("{line}\n"))
        .collect();
    let read = EventLog::read(&lacking);
    assert_eq!(read.value("360 User account has Cloud TGT"), Value::Unknown);
    assert_eq!(
        read.value("360 Windows Hello for Business policy is enabled"),
        EventLog::read(&text).value("360 Windows Hello for Business policy is enabled")
    );
}

proptest! {
    #[test]
    fn event_xml_reads_what_it_renders(
        micros in 0i64..4_000_000_000_000_000, record: u64, account in "[ -~]{0,20}", status: u32, port: u16,
    ) {
        let body = ServiceTicketRequested { account, request: Request { port, ..request(status) }, ..denied() };
        let time = Timestamp::from_microsecond(micros).expect("in range");
        let events = EventLog { events: vec![Event::new(time, record, DC, None, &body)] };
        says_the_same(&AnyView::Events(events.clone()), &EventLog::read(&events.render_xml()));
    }

    #[test]
    fn no_text_panics_a_reader(text in "(?s).{0,200}") {
        for text in [one_of_each().render().replace("Kerberos", &text), one_of_each().render_xml().replace("Name", &text)] {
            conserves_lines(&text, &EventLog::read(&text));
        }
    }
}
