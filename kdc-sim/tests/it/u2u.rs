//! User-to-user, and the options that concern who may use a ticket from where.

use kdc_sim::Handled;
use kerberos::codes::ErrorCode;
use kerberos::crypto::Key;
use kerberos::pac::Pac;
use kerberos::wire::{HostAddress, KdcOptions, PrincipalName, TicketFlags};

use crate::lab::*;
use crate::rules::Case;

/// Dom asks for a ticket to Ada, who gave him her TGT.
fn to_ada<'a>(dom: &'a Held, ada: &Held) -> Ask<'a> {
    Ask::service(dom, "ada").with(|ask| {
        ask.options |= KdcOptions::ENC_TKT_IN_SKEY;
        ask.further = Some(ada.ticket.clone());
    })
}

#[test]
fn a_ticket_is_sealed_with_the_session_key_of_the_other() {
    let mut lab = Lab::new();
    let (dom, ada) = (lab.sign_in("dom"), lab.sign_in("ada"));
    let held = lab.ask(&to_ada(&dom, &ada)).unwrap();
    assert_eq!(held.ticket.enc_part.kvno, None);
    let part = lab.open(&held.ticket, &ada.session);
    assert_eq!(part.cname.to_string(), "dom");
    let octets = part.pac().unwrap();
    let pac = Pac::parse(&octets).unwrap();
    pac.verify_server(&ada.session).unwrap();
}

#[test]
fn a_user_without_service_name_is_reached_no_other_way() {
    for (mut lab, expected) in [
        (Lab::new(), ErrorCode::MUST_USE_USER2USER),
        (Lab::samba(), ErrorCode::POLICY),
    ] {
        let dom = lab.sign_in("dom");
        assert_eq!(lab.ask(&Ask::service(&dom, "ada")).err(), Some(expected));
        assert_eq!(
            lab.ask(&Ask::service(&dom, "ada@fernhill.example")).err(),
            Some(expected)
        );
    }
    let mut lab = Lab::changed(|domain| {
        let ada = domain.account_mut("ada").unwrap();
        ada.spns.push("MSSQLSvc/ada-lt".into());
    });
    let dom = lab.sign_in("dom");
    assert!(lab.ask(&Ask::service(&dom, "ada")).is_ok());
    assert!(lab.ask(&Ask::service(&dom, "MSSQLSvc/ada-lt")).is_ok());
}

#[test]
fn whose_ticket_it_has_to_be() {
    for samba in [false, true] {
        let mut lab = if samba { Lab::samba() } else { Lab::new() };
        let (dom, ada, fs01) = (lab.sign_in("dom"), lab.sign_in("ada"), lab.sign_in("FS01$"));
        let service = lab.ask(&Ask::service(&dom, "cifs/fs01")).unwrap();
        let none = if samba {
            ErrorCode::POLICY
        } else {
            ErrorCode::MODIFIED
        };
        let rows = [
            ("ada", Some(&ada), None),
            ("cifs/fs01", Some(&fs01), None),
            ("FS01$", Some(&fs01), None),
            ("dom", Some(&ada), Some(ErrorCode::BADMATCH)),
            (
                "krbtgt/AD.FERNHILL.EXAMPLE",
                Some(&ada),
                Some(ErrorCode::BADMATCH),
            ),
            ("nobody", Some(&ada), Some(ErrorCode::S_PRINCIPAL_UNKNOWN)),
            ("ada", None, Some(ErrorCode::BADOPTION)),
            ("ada", Some(&service), Some(none)),
        ];
        for (name, further, expected) in rows {
            let ask = Ask::service(&dom, name).with(|ask| {
                ask.options |= KdcOptions::ENC_TKT_IN_SKEY;
                ask.further = further.map(|held| held.ticket.clone());
            });
            assert_eq!(lab.ask(&ask).err(), expected, "{name}");
        }
    }
}

#[test]
fn the_key_has_to_be_of_a_type_the_client_lists() {
    let mut lab = Lab::new();
    let (dom, ada) = (lab.sign_in("dom"), lab.sign_in("ada"));
    let ask = to_ada(&dom, &ada).with(|ask| ask.etypes = vec![17]);
    assert_eq!(lab.ask(&ask).err(), Some(ErrorCode::ETYPE_NOSUPP));
}

#[test]
fn the_further_tgt_is_checked_as_any_other() {
    type Row = (&'static str, fn(&mut Partial), Option<ErrorCode>);
    let rows: [Row; 7] = [
        ("a partial TGT", |_| (), None),
        (
            "without PAC",
            |partial| partial.pac = PacKind::None,
            Some(ErrorCode::TGT_REVOKED),
        ),
        (
            "without requestor",
            |partial| partial.requestor = None,
            Some(ErrorCode::TGT_REVOKED),
        ),
        (
            "of a denied user",
            |partial| *partial = Partial::new(&Lab::new(), "dom"),
            Some(ErrorCode::TGT_REVOKED),
        ),
        (
            "invalid",
            |partial| partial.flags |= TicketFlags::INVALID,
            Some(ErrorCode::TKT_NYV),
        ),
        (
            "ended",
            |partial| partial.endtime = MONDAY,
            Some(ErrorCode::TKT_EXPIRED),
        ),
        (
            "under another key",
            |partial| partial.key = Key::generate(AES256, &mut rng(9)),
            Some(ErrorCode::BAD_INTEGRITY),
        ),
    ];
    for (what, change, expected) in rows {
        for mut lab in [Lab::new(), Lab::samba()] {
            let fs01 = lab.sign_in("FS01$");
            let partial = Partial::new(&lab, "ada").with(change);
            let further = partial.held();
            let ask = Ask::service(&fs01, &partial.user).with(|ask| {
                ask.options |= KdcOptions::ENC_TKT_IN_SKEY;
                ask.further = Some(further.ticket.clone());
            });
            assert_eq!(lab.ask(&ask).err(), expected, "{what} {:?}", lab.dc.profile);
        }
    }
    let mut lab = Lab::changed(|domain| domain.rodc_mut(RODC).unwrap().linked = false);
    let fs01 = lab.sign_in("FS01$");
    let further = Partial::new(&lab, "ada").held();
    assert_eq!(lab.ask(&to_ada(&fs01, &further)).err(), Some(ErrorCode::POLICY));
}

#[test]
fn a_partial_tgt_asks_for_a_user_to_user_ticket() {
    let mut lab = Lab::new();
    let (ada, gus) = (Partial::new(&lab, "ada").held(), lab.sign_in("FS01$"));
    let ask = Ask::service(&ada, "cifs/fs01").with(|ask| {
        ask.options |= KdcOptions::ENC_TKT_IN_SKEY;
        ask.further = Some(gus.ticket.clone());
    });
    assert!(lab.ask(&ask).is_ok());
}

#[test]
fn addresses_go_into_tickets_where_the_dc_uses_them() {
    let home = HostAddress {
        addr_type: 2,
        address: vec![192, 0, 2, 7].into(),
    };
    for (mut lab, uses) in [(Lab::new(), false), (Lab::samba(), true)] {
        let tgt = lab.sign_in("ada");
        let forwarded = Ask::tgt(&tgt).with(|ask| {
            ask.options |= KdcOptions::FORWARDED;
            ask.addresses = Some(vec![home.clone()]);
        });
        let held = lab.ask(&forwarded).unwrap();
        let part = lab.open(&held.ticket, &lab.krbtgt_key());
        assert!(part.flags.contains(TicketFlags::FORWARDED));
        assert_eq!(part.caddr, uses.then(|| vec![home.clone()]));
        let service = lab.ask(&Ask::service(&held, "cifs/fs01")).unwrap();
        assert!(
            service.part.unwrap().flags.contains(TicketFlags::FORWARDED),
            "it stays"
        );
    }
}

#[test]
fn a_proxy_ticket_follows_from_a_proxiable_tgt() {
    let mut lab = Lab::new();
    let request = AsAsk::new(&lab, "ada");
    let proxiable = AsAsk {
        options: request.options | KdcOptions::PROXIABLE,
        ..request
    };
    let request = proxiable.request(&mut lab);
    let handled = lab.send(&request);
    let tgt = lab.read_as(&handled, "ada");
    assert!(tgt.part.as_ref().unwrap().flags.contains(TicketFlags::PROXIABLE));
    let proxy = Ask::service(&tgt, "cifs/fs01").with(|ask| ask.options |= KdcOptions::PROXY);
    let held = lab.ask(&proxy).unwrap();
    assert!(held.part.unwrap().flags.contains(TicketFlags::PROXY));
}

#[test]
fn a_start_in_the_future_is_postdated() {
    for (seconds, expected) in [(300, ErrorCode::NONE), (301, ErrorCode::CANNOT_POSTDATE)] {
        let mut lab = Lab::new();
        let request = AsAsk::new(&lab, "ada").request(&mut lab);
        let request = kerberos::wire::KdcReq::decode(&request).unwrap();
        let mut body = request.body().clone();
        body.from = Some((lab.now + std::time::Duration::from_secs(seconds)).kerberos_time());
        let request = kerberos::wire::KdcReq::new(request.kind, request.padata, body);
        assert_eq!(code(&lab.send(&request.encode())), expected);
    }
}

#[test]
fn only_samba_validates() {
    let invalid = |lab: &Lab| {
        Partial::new(lab, "ada")
            .with(|partial| partial.flags |= TicketFlags::INVALID)
            .held()
    };
    for (mut lab, expected) in [(Lab::new(), Some(ErrorCode::BADOPTION)), (Lab::samba(), None)] {
        let held = invalid(&lab);
        assert_eq!(lab.ask(&Ask::tgt(&held)).err(), Some(ErrorCode::TKT_NYV));
        let ask = Ask::tgt(&held).with(|ask| ask.options = KdcOptions::VALIDATE);
        let answer = lab.ask(&ask);
        assert_eq!(answer.as_ref().err().copied(), expected);
        if let Ok(held) = answer {
            assert!(!held.part.unwrap().flags.contains(TicketFlags::INVALID));
        }
    }
}

#[test]
fn an_enterprise_name_leads_to_the_account() {
    let mut lab = Lab::new();
    for (name, expected) in [
        ("ada@fernhill.example", ErrorCode::NONE),
        ("ada@ad.fernhill.example", ErrorCode::NONE),
        ("ada@FERNHILL", ErrorCode::NONE),
        // as MIT's `kvno -U ada` and `kinit -E ada` ask
        ("ada", ErrorCode::NONE),
        ("nobody", ErrorCode::C_PRINCIPAL_UNKNOWN),
        ("ada@elsewhere.example", ErrorCode::C_PRINCIPAL_UNKNOWN),
    ] {
        let mut ask = AsAsk::new(&lab, "ada");
        ask.cname = PrincipalName::enterprise(name);
        let request = ask.request(&mut lab);
        let handled = lab.send(&request);
        assert_eq!(code(&handled), expected, "{name}");
        if expected == ErrorCode::NONE {
            assert_eq!(lab.read_as(&handled, "ada").cname.to_string(), "ada");
        }
    }
    let tgt = lab.sign_in("ada");
    let ask = Ask::service(&tgt, "x")
        .with(|ask| ask.sname = PrincipalName::enterprise("FS01$@AD.FERNHILL.EXAMPLE"));
    assert!(lab.ask(&ask).is_ok(), "a service by its enterprise name");
}

pub(crate) fn cases() -> Vec<Case> {
    fn asked(name: &str, further: &str) -> Handled {
        let mut lab = Lab::new();
        let (dom, further) = (lab.sign_in("dom"), lab.sign_in(further));
        let ask = to_ada(&dom, &further).with(|ask| ask.sname = PrincipalName::parse(name));
        let request = ask.request(&mut lab);
        lab.send(&request)
    }
    fn plain(name: &str) -> Handled {
        let mut lab = Lab::new();
        let dom = lab.sign_in("dom");
        let request = Ask::service(&dom, name).request(&mut lab);
        lab.send(&request)
    }
    fn with_service_ticket() -> Handled {
        let mut lab = Lab::new();
        let dom = lab.sign_in("dom");
        let service = lab.ask(&Ask::service(&dom, "cifs/fs01")).unwrap();
        let request = to_ada(&dom, &service).request(&mut lab);
        lab.send(&request)
    }
    vec![
        ("U2U-ONLY", || plain("ada"), || asked("ada", "ada")),
        ("U2U-TGT", with_service_ticket, || asked("ada", "ada")),
        ("U2U-SERVICE", || asked("ada", "FS01$"), || asked("ada", "ada")),
    ]
}
