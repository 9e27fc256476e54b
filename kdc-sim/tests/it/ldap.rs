//! The directory over LDAP: what a search shows, to whom, and what no octets bring down.

use kdc_sim::ldap::{LdapConfig, LdapSession, handle};
use kerberos::sid::Sid;
use proptest::prelude::*;
use rasn_ldap::{
    AttributeValueAssertion, AuthenticationChoice, BindRequest, DelRequest, ExtendedRequest, Filter,
    LdapMessage, MatchingRuleAssertion, ProtocolOp, ResultCode, SearchRequest, SearchRequestDerefAliases,
    SearchRequestScope, SearchResultEntry, SubstringChoice, SubstringFilter, UnbindRequest,
};

use crate::lab::*;

const ROOT: &str = "DC=ad,DC=fernhill,DC=example";

struct Connection {
    lab: Lab,
    config: LdapConfig,
    session: LdapSession,
}

impl Connection {
    fn new(lab: Lab) -> Self {
        Self {
            lab,
            config: LdapConfig::new("dc01.ad.fernhill.example", "ad.fernhill.example", "Office"),
            session: LdapSession::default(),
        }
    }

    /// As Ada.
    fn bound(lab: Lab) -> Self {
        let mut connection = Self::new(lab);
        assert_eq!(
            connection.bind("ada@fernhill.example", "ada's pass").0,
            ResultCode::Success
        );
        connection
    }

    fn send(&mut self, operation: ProtocolOp) -> Vec<ProtocolOp> {
        let octets = rasn::ber::encode(&LdapMessage::new(7, operation)).unwrap();
        let answer = handle(
            &self.lab.domain,
            &self.config,
            &mut self.session,
            self.lab.now,
            &octets,
        );
        let decode = |octets: &Vec<u8>| rasn::ber::decode::<LdapMessage>(octets).unwrap().protocol_op;
        answer.messages.iter().map(decode).collect()
    }

    fn bind(&mut self, name: &str, password: &str) -> (ResultCode, String) {
        let simple = AuthenticationChoice::Simple(password.as_bytes().to_vec().into());
        let request = BindRequest::new(3, name.into(), simple);
        match self.send(ProtocolOp::BindRequest(request)).pop() {
            Some(ProtocolOp::BindResponse(response)) => {
                (response.result_code, response.diagnostic_message.to_string())
            }
            other => panic!("{other:?}"),
        }
    }

    fn search(
        &mut self,
        base: &str,
        scope: SearchRequestScope,
        filter: Filter,
        attributes: &[&str],
    ) -> (Vec<SearchResultEntry>, ResultCode) {
        let attributes = attributes.iter().map(|name| (*name).into()).collect();
        let never = SearchRequestDerefAliases::NeverDerefAliases;
        let request = SearchRequest::new(base.into(), scope, never, 0, 0, false, filter, attributes);
        let mut entries = Vec::new();
        for operation in self.send(ProtocolOp::SearchRequest(request)) {
            match operation {
                ProtocolOp::SearchResEntry(entry) => entries.push(entry),
                ProtocolOp::SearchResDone(done) => return (entries, done.0.result_code),
                other => panic!("{other:?}"),
            }
        }
        panic!("no result")
    }

    /// The names of what matches in the whole domain.
    fn names(&mut self, filter: Filter) -> Vec<String> {
        let (entries, code) = self.search(ROOT, SearchRequestScope::WholeSubtree, filter, &["1.1"]);
        assert_eq!(code, ResultCode::Success);
        entries
            .iter()
            .map(|entry| entry.object_name.split(',').next().unwrap().to_owned())
            .collect()
    }
}

fn is(name: &str, value: &str) -> Filter {
    Filter::EqualityMatch(AttributeValueAssertion::new(
        name.into(),
        value.as_bytes().to_vec().into(),
    ))
}

fn any() -> Filter {
    Filter::Present("objectClass".into())
}

fn values(entry: &SearchResultEntry, name: &str) -> Vec<Vec<u8>> {
    let attribute = entry
        .attributes
        .iter()
        .find(|attribute| *attribute.r#type == name);
    attribute.map_or_else(Vec::new, |attribute| {
        attribute
            .vals
            .to_vec()
            .into_iter()
            .map(|value| value.to_vec())
            .collect()
    })
}

fn text(entry: &SearchResultEntry, name: &str) -> String {
    let texts: Vec<String> = values(entry, name)
        .into_iter()
        .map(|value| String::from_utf8(value).unwrap())
        .collect();
    texts.join("|")
}

#[test]
fn anybody_reads_the_root_and_nothing_else() {
    let mut nobody = Connection::new(Lab::new());
    let (root, code) = nobody.search("", SearchRequestScope::BaseObject, any(), &[]);
    assert_eq!(code, ResultCode::Success);
    assert_eq!(text(&root[0], "defaultNamingContext"), ROOT);
    assert_eq!(text(&root[0], "dnsHostName"), "dc01.ad.fernhill.example");
    assert_eq!(text(&root[0], "currentTime"), "20261123080000.0Z");
    let (entries, code) = nobody.search(ROOT, SearchRequestScope::WholeSubtree, any(), &[]);
    assert_eq!((entries.len(), code), (0, ResultCode::OperationsError));
    nobody.config.anonymous_search = true;
    let (entries, code) = nobody.search(ROOT, SearchRequestScope::BaseObject, any(), &[]);
    assert_eq!((entries.len(), code), (1, ResultCode::Success));
}

#[test]
fn a_bind_says_why_it_is_refused() {
    let mut lab = Connection::new(Lab::changed(|domain| {
        domain.account_mut("gus").unwrap().state.locked_out = true;
    }));
    for (name, password, expected) in [
        ("ada@fernhill.example", "ada's pass", None),
        ("FERNHILL\\ada", "ada's pass", None),
        ("cn=ada,cn=users,dc=ad,dc=fernhill,dc=example", "ada's pass", None),
        ("OTHER\\ada", "ada's pass", Some("data 525")),
        ("ada@fernhill.example", "another", Some("data 52e")),
        ("nobody@fernhill.example", "x", Some("data 525")),
        ("eve@fernhill.example", "eve's pass", Some("data 773")),
        ("gus@fernhill.example", "gus's pass", Some("data 775")),
    ] {
        let (code, said) = lab.bind(name, password);
        match expected {
            None => assert_eq!(code, ResultCode::Success, "{name}"),
            Some(expected) => {
                assert_eq!(code, ResultCode::InvalidCredentials, "{name}");
                assert!(said.contains(expected), "{name}: {said}");
            }
        }
    }
    lab.config.require_signing = true;
    assert_eq!(
        lab.bind("ada@fernhill.example", "ada's pass").0,
        ResultCode::StrongerAuthRequired
    );
    assert_eq!(lab.bind("", "").0, ResultCode::Success, "nobody proves nothing");
}

#[test]
fn a_failed_bind_leaves_nobody() {
    let mut lab = Connection::bound(Lab::new());
    lab.bind("ada@fernhill.example", "wrong");
    assert_eq!(
        lab.search(ROOT, SearchRequestScope::BaseObject, any(), &[]).1,
        ResultCode::OperationsError
    );
}

#[test]
fn the_kerberos_server_objects_show_number_links_and_lists() {
    let mut lab = Connection::bound(Lab::new());
    let domain_controllers = format!("OU=Domain Controllers,{ROOT}");
    let (found, _) = lab.search(
        &domain_controllers,
        SearchRequestScope::SingleLevel,
        is("sAMAccountName", "AzureADKerberos$"),
        &[],
    );
    let computer = &found[0];
    assert_eq!(
        *computer.object_name,
        format!("CN=AzureADKerberos,{domain_controllers}")
    );
    assert_eq!(text(computer, "userAccountControl"), "83890176");
    assert_eq!(text(computer, "primaryGroupID"), "521");
    assert_eq!(
        text(computer, "msDS-KrbTgtLink"),
        format!("CN=krbtgt_AzureAD,CN=Users,{ROOT}")
    );
    assert_eq!(
        text(computer, "msDS-RevealOnDemandGroup"),
        format!("CN=Domain Users,CN=Users,{ROOT}")
    );
    assert_eq!(values(computer, "msDS-NeverRevealGroup").len(), 5);
    let (found, _) = lab.search(
        ROOT,
        SearchRequestScope::WholeSubtree,
        is("msDS-SecondaryKrbTgtNumber", "21463"),
        &["*", "msDS-KeyVersionNumber"],
    );
    let krbtgt = &found[0];
    assert_eq!(text(krbtgt, "sAMAccountName"), "krbtgt_21463");
    assert_eq!(text(krbtgt, "msDS-KeyVersionNumber"), "1203");
    assert_eq!(text(krbtgt, "msDS-KrbTgtLinkBL"), *computer.object_name);
}

#[test]
fn values_are_those_of_active_directory() {
    let mut lab = Connection::bound(Lab::new());
    let (found, _) = lab.search(
        ROOT,
        SearchRequestScope::WholeSubtree,
        is("sAMAccountName", "ADA"),
        &[],
    );
    let ada = &found[0];
    let sid = domain_sid().with_rid(ADA).unwrap();
    assert_eq!(values(ada, "objectSid"), [sid.to_bytes()]);
    assert_eq!(text(ada, "objectClass"), "top|person|organizationalPerson|user");
    assert_eq!(text(ada, "sAMAccountType"), "805306368");
    assert_eq!(text(ada, "accountExpires"), "9223372036854775807");
    assert_eq!(
        text(ada, "memberOf"),
        format!("CN=Projects-Write,CN=Users,{ROOT}")
    );
    assert_eq!(
        text(ada, "msDS-KeyVersionNumber"),
        "",
        "constructed: only for who asks"
    );
    let (group, _) = lab.search(
        ROOT,
        SearchRequestScope::WholeSubtree,
        is("cn", "Projects-Write"),
        &["member", "groupType"],
    );
    assert_eq!(text(&group[0], "member"), format!("CN=ada,CN=Users,{ROOT}"));
    assert_eq!(text(&group[0], "groupType"), "-2147483646");
    assert_eq!(group[0].attributes.len(), 2);
}

#[test]
fn filters_find_what_they_say() {
    let mut lab = Connection::bound(Lab::new());
    let sid = domain_sid().with_rid(ADA).unwrap();
    let bits = |mask: &str| {
        let rule = Some("1.2.840.113556.1.4.803".into());
        let name = Some("userAccountControl".into());
        Filter::ExtensibleMatch(MatchingRuleAssertion::new(
            rule,
            name,
            mask.as_bytes().to_vec().into(),
            false,
        ))
    };
    let starts = |start: &str| {
        let parts = vec![SubstringChoice::Initial(start.as_bytes().to_vec().into())];
        Filter::Substrings(SubstringFilter::new("sAMAccountName".into(), parts))
    };
    let not = |filter: Filter| Filter::Not(Box::new(filter));
    assert_eq!(lab.names(is("objectSid", &sid.to_string())), ["CN=ada"]);
    assert_eq!(lab.names(bits("67108864")), ["CN=AzureADKerberos"]);
    assert_eq!(lab.names(starts("ad")), ["CN=ada", "CN=Administrators"]);
    assert_eq!(
        lab.names(Filter::And(
            vec![starts("ad"), not(is("objectClass", "user"))].into()
        )),
        ["CN=Administrators"]
    );
    assert_eq!(
        lab.names(Filter::And(
            vec![is("objectCategory", "person"), starts("krbtgt")].into()
        )),
        ["CN=krbtgt", "CN=krbtgt_AzureAD"]
    );
    let chain = MatchingRuleAssertion::new(
        Some("1.2.840.113556.1.4.1941".into()),
        Some("memberOf".into()),
        format!("cn=Denied RODC Password Replication Group,cn=users,{ROOT}")
            .into_bytes()
            .into(),
        false,
    );
    let denied = lab.names(Filter::ExtensibleMatch(chain));
    assert!(
        denied.contains(&"CN=dom".to_owned()) && !denied.contains(&"CN=ada".to_owned()),
        "{denied:?}"
    );
}

#[test]
fn trusts_and_foreigners_are_objects_too() {
    let lab = Lab::changed(|domain| {
        let keys = kdc_sim::directory::KeyRing::new(kdc_sim::directory::KeySet::generate(1, &mut rng(3)));
        let sid = Sid::of_domain([5, 6, 7]);
        domain.trust(kdc_sim::directory::TrustSpec::within_forest(
            "north.ad.fernhill.example",
            "NORTH",
            sid,
            keys,
        ));
        domain.foreign_member("Projects", sid.with_rid(1110).unwrap());
    });
    let mut lab = Connection::bound(lab);
    let (trusts, _) = lab.search(
        ROOT,
        SearchRequestScope::WholeSubtree,
        is("objectClass", "trustedDomain"),
        &[],
    );
    assert_eq!(text(&trusts[0], "trustPartner"), "north.ad.fernhill.example");
    assert_eq!(
        (
            text(&trusts[0], "trustDirection"),
            text(&trusts[0], "trustAttributes")
        ),
        ("3".into(), "32".into())
    );
    assert_eq!(
        lab.names(is("objectClass", "foreignSecurityPrincipal")),
        ["CN=S-1-5-21-5-6-7-1110"]
    );
}

#[test]
fn nothing_is_changed_and_what_is_unknown_is_said() {
    let mut lab = Connection::bound(Lab::new());
    let said = lab.send(ProtocolOp::DelRequest(DelRequest(
        format!("CN=ada,CN=Users,{ROOT}").as_str().into(),
    )));
    assert!(
        matches!(&said[..], [ProtocolOp::DelResponse(done)] if done.0.result_code == ResultCode::UnwillingToPerform)
    );
    let (_, code) = lab.search(
        &format!("CN=nobody,{ROOT}"),
        SearchRequestScope::BaseObject,
        any(),
        &[],
    );
    assert_eq!(code, ResultCode::NoSuchObject);
    let who = ExtendedRequest {
        request_name: b"1.3.6.1.4.1.4203.1.11.3".to_vec().into(),
        request_value: None,
    };
    let said = lab.send(ProtocolOp::ExtendedReq(who));
    assert!(
        matches!(&said[..], [ProtocolOp::ExtendedResp(it)] if it.response_value.as_deref() == Some(&b"u:FERNHILL\\ada"[..]))
    );
    assert_eq!(lab.send(ProtocolOp::UnbindRequest(UnbindRequest)), []);
}

proptest! {
    #[test]
    fn no_octets_bring_it_down(octets in proptest::collection::vec(any_octet(), 0..200), cut in 0usize..80) {
        let lab = Lab::new();
        let config = LdapConfig::new("dc01.ad.fernhill.example", "ad.fernhill.example", "Office");
        let mut session = LdapSession::default();
        let _ = handle(&lab.domain, &config, &mut session, lab.now, &octets);
        let real = LdapMessage::new(1, ProtocolOp::SearchRequest(SearchRequest::new(
            ROOT.into(), SearchRequestScope::WholeSubtree, SearchRequestDerefAliases::NeverDerefAliases, 0, 0, false,
            Filter::Present("cn".into()), Vec::new(),
        )));
        let mut real = rasn::ber::encode(&real).unwrap();
        if let (Some(at), Some(octet)) = (real.get_mut(cut), octets.first()) {
            *at = *octet;
        }
        let _ = handle(&lab.domain, &config, &mut session, lab.now, &real);
    }
}

fn any_octet() -> impl Strategy<Value = u8> {
    proptest::arbitrary::any::<u8>()
}
