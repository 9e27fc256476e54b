//! Clients of other realms: referrals out, referral TGTs in, and what of their PAC is believed.

use std::sync::Arc;
use std::time::Duration;

use kdc_sim::directory::{
    AccountSpec, GlobalCatalog, GroupScope, KeyRing, KeySet, Secret, TrustAttributes, TrustSpec,
};
use kdc_sim::{DcConfig, DomainBuilder, DomainSnapshot, Handled, KdcState};
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::{
    ClientInfo, FileTime, GroupMembership, LogonInfo, Pac, PacBuilder, PacKeys, SidAndAttributes,
    SignatureSet,
};
use kerberos::sid::Sid;
use kerberos::wire::{
    AuthorizationData, EncTicketPart, EncryptedData, EncryptionKey, KdcOptions, KrbError, Kvno, NameType,
    PrincipalName, Pvno, Ticket, TicketFlags, TransitedEncoding,
};

use crate::lab::*;
use crate::rules::Case;

const NORTH: &str = "NORTH.AD.FERNHILL.EXAMPLE";
const KIM: u32 = 1110;
const FS01: &str = "cifs/fs01.ad.fernhill.example";

fn north_sid() -> Sid {
    Sid::of_domain([5, 6, 7])
}

fn behind_sid() -> Sid {
    Sid::of_domain([8, 8, 8])
}

fn trust_keys() -> KeyRing {
    KeyRing::new(KeySet::generate(3, &mut rng(11)))
}

fn trust(attributes: TrustAttributes) -> TrustSpec {
    let mut trust = TrustSpec::within_forest(NORTH, "NORTH", north_sid(), trust_keys());
    trust.attributes = attributes;
    trust.beyond = vec!["FAR.NORTH.AD.FERNHILL.EXAMPLE".into()];
    trust.domains = vec![behind_sid()];
    trust
}

/// The root domain, which trusts NORTH; FS01 lets Kim authenticate, and Kim is in its group Projects.
fn root(attributes: TrustAttributes) -> Lab {
    root_with(trust(attributes), |_| ())
}

fn root_with(trust: TrustSpec, change: impl FnOnce(&mut DomainBuilder)) -> Lab {
    Lab::changed(|domain| {
        domain.trust(trust);
        domain.foreign_member("Projects", north_sid().with_rid(KIM).unwrap());
        domain.account_mut("fs01$").unwrap().allowed_to_authenticate =
            vec![north_sid().with_rid(KIM).unwrap()];
        change(domain);
    })
}

/// A referral TGT of Kim's, as NORTH makes it or somebody who has the key of the trust.
struct Referral {
    crealm: &'static str,
    transited: &'static str,
    domain: Sid,
    rid: u32,
    extra: Vec<Sid>,
    key: Key,
}

impl Referral {
    fn new() -> Self {
        Self {
            crealm: NORTH,
            transited: "",
            domain: north_sid(),
            rid: KIM,
            extra: vec![Sid::AUTHENTICATION_AUTHORITY_ASSERTED],
            key: trust_keys().current().key(AES256).unwrap().clone(),
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn held(&self) -> Held {
        let mut rng = rng(99);
        let session = Key::generate(AES256, &mut rng);
        let cname = PrincipalName::principal("kim");
        let info = LogonInfo {
            user_id: self.rid,
            primary_group_id: 513,
            groups: vec![GroupMembership::new(513)],
            logon_domain_id: Some(self.domain),
            extra_sids: self.extra.iter().copied().map(SidAndAttributes::new).collect(),
            ..LogonInfo::default()
        };
        let client = ClientInfo {
            client_id: FileTime::from(MONDAY),
            name: "kim".into(),
        };
        let foreign = Key::generate(AES256, &mut rng);
        let keys = PacKeys {
            server: &self.key,
            kdc: &foreign,
            rodc_identifier: None,
        };
        let pac = PacBuilder::new()
            .logon_info(&info)
            .client_info(&client)
            .sign(&keys, &SignatureSet::TGT);
        let part = EncTicketPart {
            flags: TicketFlags::FORWARDABLE | TicketFlags::RENEWABLE | TicketFlags::PRE_AUTHENT,
            key: EncryptionKey::from(&session),
            crealm: self.crealm.into(),
            cname: cname.clone(),
            transited: TransitedEncoding {
                r#type: 1,
                contents: self.transited.as_bytes().to_vec().into(),
            },
            authtime: MONDAY.kerberos_time(),
            starttime: Some(MONDAY.kerberos_time()),
            endtime: (MONDAY + Duration::from_secs(10 * 3600)).kerberos_time(),
            renew_till: Some((MONDAY + Duration::from_secs(7 * 24 * 3600)).kerberos_time()),
            caddr: None,
            authorization_data: Some(AuthorizationData::from_pac(pac)),
        };
        let ticket = Ticket {
            tkt_vno: Pvno,
            realm: NORTH.into(),
            sname: PrincipalName::krbtgt(REALM),
            enc_part: EncryptedData::seal(
                &self.key,
                KeyUsage::TICKET,
                Some(Kvno(3)),
                &part.encode(),
                &mut rng,
            ),
        };
        Held {
            ticket,
            session,
            cname,
            part: None,
        }
    }
}

/// Presents a referral TGT for a service.
fn visit(lab: &mut Lab, referral: &Referral, change: impl FnOnce(&mut Ask<'_>)) -> Handled {
    let held = referral.held();
    let ask = Ask::service(&held, FS01).with(|ask| {
        ask.crealm = referral.crealm.to_owned();
        change(ask);
    });
    let request = ask.request(lab);
    lab.send(&request)
}

/// What FS01 sees of the client's SIDs.
fn sids(lab: &mut Lab, referral: &Referral) -> (LogonInfo, EncTicketPart) {
    let held = referral.held();
    let ask = Ask::service(&held, FS01).with(|ask| ask.crealm = referral.crealm.to_owned());
    let got = lab.ask(&ask).unwrap();
    let part = lab.open(
        &got.ticket,
        &lab.keys("fs01$")
            .key(got.ticket.enc_part.known_etype().unwrap())
            .unwrap()
            .clone(),
    );
    let pac = part.pac().unwrap();
    (Pac::parse(&pac).unwrap().logon_info().unwrap().unwrap(), part)
}

pub(crate) fn cases() -> Vec<Case> {
    use TrustAttributes as A;
    vec![
        (
            "TGS-TRUST-KEY",
            || {
                let other = Referral::new().with(|it| it.key = Key::generate(AES256, &mut rng(5)));
                visit(&mut root(A::WITHIN_FOREST), &other, |_| ())
            },
            visits,
        ),
        (
            "TGS-TRUST-CLIENT",
            || {
                visit(
                    &mut root(A::WITHIN_FOREST),
                    &Referral::new().with(|it| it.crealm = REALM),
                    |_| (),
                )
            },
            || {
                let far = Referral::new().with(|it| it.crealm = "FAR.NORTH.AD.FERNHILL.EXAMPLE");
                visit(&mut root(A::WITHIN_FOREST), &far, |_| ())
            },
        ),
        (
            "TGS-TRANSITED",
            || through("ELSEWHERE.EXAMPLE", KdcOptions::empty()),
            || through("ELSEWHERE.EXAMPLE", KdcOptions::DISABLE_TRANSITED_CHECK),
        ),
        (
            "TGS-TRUST-SID",
            || {
                let strange = Referral::new().with(|it| it.domain = Sid::of_domain([9, 9, 9]));
                visit(&mut root(A::FOREST_TRANSITIVE), &strange, |_| ())
            },
            || {
                let behind = Referral::new().with(|it| it.domain = behind_sid());
                visit(&mut root(A::FOREST_TRANSITIVE), &behind, |_| ())
            },
        ),
        (
            "TGS-SELECTIVE",
            || {
                let other = Referral::new().with(|it| it.rid = KIM + 1);
                visit(
                    &mut root(A::FOREST_TRANSITIVE | A::CROSS_ORGANIZATION),
                    &other,
                    |_| (),
                )
            },
            || {
                visit(
                    &mut root(A::FOREST_TRANSITIVE | A::CROSS_ORGANIZATION),
                    &Referral::new(),
                    |_| (),
                )
            },
        ),
    ]
}

fn visits() -> Handled {
    visit(
        &mut root(TrustAttributes::WITHIN_FOREST),
        &Referral::new(),
        |_| (),
    )
}

/// A client of a realm behind the trust, at a domain controller that compares realms.
fn through(transited: &'static str, options: KdcOptions) -> Handled {
    let mut lab = Lab {
        dc: DcConfig::samba("DC01"),
        ..root(TrustAttributes::WITHIN_FOREST)
    };
    let referral = Referral::new().with(|it| {
        it.crealm = "FAR.NORTH.AD.FERNHILL.EXAMPLE";
        it.transited = transited;
    });
    visit(&mut lab, &referral, |ask| ask.options |= options)
}

#[test]
fn a_client_of_a_trusted_realm_gets_a_ticket_with_the_groups_of_the_resource() {
    let (info, part) = sids(&mut root(TrustAttributes::WITHIN_FOREST), &Referral::new());
    assert_eq!(info.user_sid(), north_sid().with_rid(KIM).ok());
    assert_eq!(info.resource_group_domain, Some(domain_sid()));
    let groups: Vec<u32> = info.resource_groups.iter().map(|group| group.rid).collect();
    assert_eq!(groups, [1202]);
    assert_eq!(part.crealm.to_string(), NORTH);
    assert!(part.flags.contains(TicketFlags::PRE_AUTHENT));
    assert!(part.transited.contents.is_empty());
}

/// A visitor's universal group, which the DC of its own domain put among the extra SIDs, leads to local groups here.
#[test]
fn a_universal_group_of_this_domain_leads_a_visitor_to_local_groups() {
    const EVERYWHERE: u32 = 1700;
    let groups = |scope, extra: Option<u32>| {
        let mut lab = root_with(trust(TrustAttributes::WITHIN_FOREST), |domain| {
            domain.group("Everywhere", EVERYWHERE, scope).unwrap();
            domain.group("Library", 1701, GroupScope::DomainLocal).unwrap();
            domain.member("Library", "Everywhere");
        });
        let extra = extra.map(|rid| domain_sid().with_rid(rid).unwrap());
        let (info, _) = sids(&mut lab, &Referral::new().with(|it| it.extra.extend(extra)));
        let groups = info.resource_groups.iter();
        groups.map(|group| group.rid).collect::<Vec<u32>>()
    };
    assert_eq!(groups(GroupScope::Universal, Some(EVERYWHERE)), [1202, 1701]);
    assert_eq!(groups(GroupScope::Universal, Some(EVERYWHERE + 9)), [1202]);
    assert_eq!(groups(GroupScope::Universal, None), [1202]);
}

/// The other side: the DC of the account's domain puts universal groups of other domains among the extra SIDs.
#[test]
fn a_universal_group_of_another_domain_is_an_extra_sid_of_its_members_alone() {
    let far = north_sid().with_rid(1600).unwrap();
    let has_it = |member: &str, local: bool| {
        let mut lab = Lab::changed(|domain| {
            domain.forest_group(member, far);
            if local {
                domain.group("Library", 1701, GroupScope::DomainLocal).unwrap();
                domain.foreign_member("Library", far);
            }
        });
        let tgt = lab.sign_in("ada");
        let ticket = lab.ask(&Ask::service(&tgt, FS01)).unwrap().ticket;
        let key = lab.keys("fs01$").key(AES256).unwrap().clone();
        let pac = lab.open(&ticket, &key).pac().unwrap();
        let info = Pac::parse(&pac).unwrap().logon_info().unwrap().unwrap();
        let here = info.resource_groups.iter().any(|group| group.rid == 1701);
        (info.extra_sids.iter().any(|entry| entry.sid == far), here)
    };
    assert_eq!(has_it("ada", false), (true, false));
    assert_eq!(
        has_it("Projects-Write", true),
        (true, true),
        "through a group of hers"
    );
    assert_eq!(has_it("Domain Admins", true), (false, false));
    // a domain-local group means nothing outside of its domain
    assert_eq!(has_it("Projects", true), (false, false));
}

#[test]
fn who_is_not_trusted_has_no_key_here() {
    let mut one_way = trust(TrustAttributes::WITHIN_FOREST);
    one_way.outgoing = None;
    let handled = visit(&mut root_with(one_way, |_| ()), &Referral::new(), |_| ());
    assert_eq!(code(&handled), ErrorCode::NOT_US);
}

#[test]
fn an_extra_sid_of_our_own_domain_does_not_come_over_a_forest_trust() {
    let enterprise_admins = domain_sid().with_rid(519).unwrap();
    let attack = Referral::new().with(|it| it.extra.push(enterprise_admins));
    let (within, _) = sids(&mut root(TrustAttributes::WITHIN_FOREST), &attack);
    assert!(within.sids().any(|sid| sid == enterprise_admins));
    let (across, _) = sids(&mut root(TrustAttributes::FOREST_TRANSITIVE), &attack);
    assert!(!across.sids().any(|sid| sid == enterprise_admins));
    assert!(
        across
            .sids()
            .any(|sid| sid == Sid::AUTHENTICATION_AUTHORITY_ASSERTED)
    );
}

#[test]
fn selective_authentication_marks_visitors_and_says_why_it_refuses() {
    let attributes = TrustAttributes::FOREST_TRANSITIVE | TrustAttributes::CROSS_ORGANIZATION;
    let (info, _) = sids(&mut root(attributes), &Referral::new());
    assert!(info.sids().any(|sid| sid == Sid::OTHER_ORGANIZATION));
    let other = Referral::new().with(|it| it.rid = KIM + 1);
    let handled = visit(&mut root(attributes), &other, |_| ());
    let error = KrbError::decode(&handled.reply).unwrap();
    assert_eq!(error.error_code, ErrorCode::POLICY);
    assert_eq!(error.nt_status(), Some(NtStatus::AUTHENTICATION_FIREWALL_FAILED));
}

#[test]
fn the_realms_on_the_way_are_named_and_checked() {
    let far = |transited: &'static str| {
        Referral::new().with(|it| {
            it.crealm = "FAR.NORTH.AD.FERNHILL.EXAMPLE";
            it.transited = transited;
        })
    };
    let (_, windows) = sids(&mut root(TrustAttributes::WITHIN_FOREST), &far(""));
    assert_eq!(
        (windows.transited.r#type, &*windows.transited.contents),
        (1, NORTH.as_bytes())
    );
    assert!(!windows.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
    let mut samba = Lab {
        dc: DcConfig::samba("DC01"),
        ..root(TrustAttributes::WITHIN_FOREST)
    };
    let (_, checked) = sids(&mut samba, &far(""));
    assert!(checked.flags.contains(TicketFlags::TRANSITED_POLICY_CHECKED));
    let refused = through("ELSEWHERE.EXAMPLE", KdcOptions::empty());
    assert_eq!(code(&refused), ErrorCode::PATH_NOT_ACCEPTED);
}

#[test]
fn only_the_realm_that_issued_a_referral_renews_it() {
    let handled = visit(
        &mut root(TrustAttributes::WITHIN_FOREST),
        &Referral::new(),
        |ask| {
            ask.sname = PrincipalName::krbtgt(REALM);
            ask.options = KdcOptions::RENEW;
        },
    );
    assert_eq!(code(&handled), ErrorCode::BADOPTION);
}

/// Two domains of a forest, each a lab of its own, that know each other's names.
fn forest() -> (Lab, Lab) {
    let mut north = DomainBuilder::new(
        "north.ad.fernhill.example",
        "NORTH",
        north_sid(),
        KeyRing::new(KeySet::generate(2, &mut rng(21))),
    )
    .unwrap();
    let kim = AccountSpec::user("kim", KIM).with_upn("kim@fernhill.example");
    north.account(kim, Secret::Password("kim's pass".into()));
    north
        .group("Research", 1300, GroupScope::Global)
        .unwrap()
        .member("Research", "kim");
    // where there is a catalog, no trust within the forest has to name hosts
    let mut up = TrustSpec::within_forest(REALM, "FERNHILL", domain_sid(), trust_keys());
    up.suffixes.clear();
    north.trust(up);
    let mut down = trust(TrustAttributes::WITHIN_FOREST);
    down.suffixes.clear();
    let mut root = root_with(down, |_| ());
    let north = north.build().unwrap();
    let catalog = Arc::new(GlobalCatalog::of([&north, &root.domain]));
    root.domain = root.domain.with_catalog(catalog.clone());
    let north = Lab {
        domain: north.with_catalog(catalog),
        dc: DcConfig::new("NORTH-DC01"),
        state: KdcState::default(),
        now: MONDAY,
        rng: rng(31),
    };
    (north, root)
}

#[test]
fn a_service_of_another_domain_is_found_in_the_catalog_and_reached() {
    let (mut north, mut root) = forest();
    let ask = AsAsk {
        realm: NORTH.to_owned(),
        sname: PrincipalName::krbtgt(NORTH),
        ..AsAsk::new(&north, "kim")
    };
    let request = ask.request(&mut north);
    let handled = north.send(&request);
    let key = north.keys("kim").key(AES256).unwrap().clone();
    let tgt = read_as(&handled, &key);
    let in_realm = |ask: &mut Ask<'_>| {
        ask.crealm = NORTH.to_owned();
        ask.options |= KdcOptions::CANONICALIZE;
    };
    let referral = north.ask(&Ask::service(&tgt, FS01).with(in_realm)).unwrap();
    assert_eq!(referral.ticket.sname.to_string(), format!("krbtgt/{REALM}"));
    assert_eq!(referral.ticket.realm.to_string(), NORTH);
    let got = root.ask(&Ask::service(&referral, FS01).with(in_realm)).unwrap();
    assert_eq!(got.ticket.sname.to_string(), FS01);
    let unknown = Ask::service(&tgt, "cifs/nobody.ad.fernhill.example").with(in_realm);
    assert_eq!(
        north.ask(&unknown).err(),
        Some(ErrorCode::S_PRINCIPAL_UNKNOWN),
        "the catalog knows every name of the forest"
    );
}

/// RFC 4120 section 3.3.3: MIT asks for the TGT of a distant realm without having names canonicalised.
#[test]
fn who_asks_for_a_distant_realm_gets_the_tgt_of_the_realm_on_the_way() {
    let mut lab = root(TrustAttributes::WITHIN_FOREST);
    let tgt = lab.sign_in("ada");
    for (asked, got) in [
        ("FAR.NORTH.AD.FERNHILL.EXAMPLE", Ok(format!("krbtgt/{NORTH}"))),
        ("ELSEWHERE.EXAMPLE", Err(ErrorCode::S_PRINCIPAL_UNKNOWN)),
    ] {
        let asking = lab.ask(&Ask::service(&tgt, &format!("krbtgt/{asked}")));
        assert_eq!(asking.map(|held| held.ticket.sname.to_string()), got, "{asked}");
    }
}

fn read_as(handled: &Handled, key: &Key) -> Held {
    let reply = kerberos::wire::AsRep::decode(&handled.reply).unwrap();
    let part = reply.enc_part.open(key, KeyUsage::AS_REP).unwrap();
    let part = kerberos::wire::EncKdcRepPart::decode(&part).unwrap();
    Held {
        ticket: reply.ticket,
        session: part.key.to_key().unwrap(),
        cname: reply.cname,
        part: Some(part),
    }
}

#[test]
fn a_client_is_sent_to_the_realm_that_has_its_name() {
    let (north, mut root) = forest();
    drop(north);
    let wrong = |root: &mut Lab, name: &str| {
        let ask = AsAsk {
            cname: PrincipalName::new(NameType::ENTERPRISE, [name]),
            key: None,
            ..AsAsk::new(root, "ada")
        };
        let request = ask.request(root);
        let error = KrbError::decode(&root.send(&request).reply).unwrap();
        (error.error_code, error.crealm.map(|realm| realm.to_string()))
    };
    let expected = (ErrorCode::WRONG_REALM, Some(NORTH.to_owned()));
    assert_eq!(wrong(&mut root, "kim@fernhill.example"), expected);
    assert_eq!(wrong(&mut root, "anybody@north.ad.fernhill.example"), expected);
    let own = (ErrorCode::PREAUTH_REQUIRED, None);
    assert_eq!(wrong(&mut root, "ada@fernhill.example"), own);
    let nobody = (ErrorCode::C_PRINCIPAL_UNKNOWN, None);
    assert_eq!(wrong(&mut root, "nobody@fernhill.example"), nobody);
}

#[test]
fn a_foreigner_is_a_member_of_domain_local_groups_only() {
    let build = |group: &str| -> Result<DomainSnapshot, _> {
        let mut builder = Lab::new().domain.to_builder();
        builder.foreign_member(group, north_sid());
        builder.build()
    };
    assert!(build("Projects").is_ok());
    assert!(build("Projects-Write").is_err());
}
