//! A network for tests: the real Entra of `cloud-sim` behind HTTPS, a DC's netlogon, and switches to break things.

use std::cell::{Cell, RefCell};
use std::fmt::Write as _;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use client_sim::access::{AccessReply, AccessRequest, Wanted};
use client_sim::prt_cache::DeviceKeys;
use client_sim::{
    Act, ActError, ClientEvent, CredentialKind, DeviceConfig, DeviceState, Endpoint, Flow, FlowError,
    Network, NetworkError, Password, Performed, Person, SrvRecord,
};
use cloud_sim::{KerberosDomain, OnPremises, PasswordHash, Tenant, TenantState, User};
use evidence::klist::LogonId;
use kdc_sim::directory::{AccountSpec, GroupScope, KeyRing, KeySet, RodcSpec, Secret, TrustSpec};
use kdc_sim::resource::{Access, AclEntry, FileServer, ServerState};
use kdc_sim::{DcConfig, DomainBuilder, DomainSnapshot, KdcState, Transport};
use kerberos::Timestamp;
use kerberos::codes::{ErrorCode, NtStatus};
use kerberos::crypto::{Etype, Key};
use kerberos::kkdcp::Envelope;
use kerberos::netlogon::{DcFlags, NetlogonQuery, NtVersion, SamLogonResponse, encode_reply};
use kerberos::sid::Sid;
use kerberos::wire::{KdcReq, KrbError, PrincipalName};
use rand::SeedableRng as _;
use rand_chacha::ChaCha12Rng;

pub(crate) const ADA: &str = "ada@fernhill.example";
pub(crate) const CLEO: &str = "cleo@fernhill.example";
pub(crate) const PASSWORD: &str = "Correct-Horse-9";
pub(crate) const TENANT: &str = "f0000000-0000-4000-8000-00000000feed";
pub(crate) const DOMAIN: &str = "ad.fernhill.example";
/// A child domain, with a server FS02.
pub(crate) const CHILD: &str = "north.ad.fernhill.example";
pub(crate) const KEY_NUMBER: u16 = 21463;

/// Monday 2026-11-23 08:00:00 UTC.
pub(crate) const START: Timestamp = Timestamp::from_unix_seconds(1_795_420_800);

pub(crate) struct TestNetwork {
    pub(crate) now: Cell<Timestamp>,
    pub(crate) tenant: RefCell<Tenant>,
    pub(crate) entra: RefCell<TenantState>,
    pub(crate) entra_reachable: Cell<bool>,
    pub(crate) dc_reachable: Cell<bool>,
    pub(crate) dc_flags: Cell<DcFlags>,
    pub(crate) datagrams: Cell<usize>,
    pub(crate) streams: Cell<usize>,
    pub(crate) domain: RefCell<DomainSnapshot>,
    pub(crate) builder: DomainBuilder,
    pub(crate) dc: RefCell<DcConfig>,
    pub(crate) dc_clock_ahead: Cell<Duration>,
    /// Ids of the rules by which the KDC decided.
    pub(crate) reasons: RefCell<String>,
    kdc: RefCell<KdcState>,
    child: DomainSnapshot,
    child_kdc: RefCell<KdcState>,
    pub(crate) files: FileServer,
    file_state: RefCell<ServerState>,
    /// What an administrator of the file server has broken.
    pub(crate) spoil_proof: Cell<bool>,
    /// One octet of every answer is changed, at this place from its beginning, by this mask.
    pub(crate) damage: Cell<Option<(usize, u8)>>,
    rng: RefCell<ChaCha12Rng>,
}

pub(crate) fn domain_sid() -> Sid {
    "S-1-5-21-1004336348-1177238915-682003330".parse().unwrap()
}

impl TestNetwork {
    pub(crate) fn new() -> Self {
        let keys = (prt::pool::key(0), prt::pool::key(1));
        let mut rng = ChaCha12Rng::seed_from_u64(7);
        let cloud_key = Key::generate(Etype::Aes256CtsHmacSha196, &mut rng);
        let person = |upn: &str, on_premises| User {
            upn: upn.to_owned(),
            object_id: format!("a0000000-0000-4000-8000-0000000000{:02x}", upn.len()),
            display_name: upn.to_owned(),
            password: Some(PasswordHash::new(PASSWORD, [3; 16])),
            enabled: true,
            password_expired: false,
            on_premises,
        };
        let ada = OnPremises {
            domain_name: Some(DOMAIN.to_owned()),
            sam_account_name: Some("ada".to_owned()),
            security_identifier: Some(domain_sid().with_rid(1104).unwrap()),
        };
        let tenant = Tenant::new(
            TENANT,
            "Fernhill Instruments",
            &["fernhill.example"],
            keys,
            cloud_key,
        )
        .with_user(person(ADA, Some(ada)))
        .with_user(person(CLEO, None))
        .with_kerberos_domain(KerberosDomain {
            dns_name: DOMAIN.to_owned(),
            realm: DOMAIN.to_uppercase(),
            netbios_name: "FERNHILL".to_owned(),
            number: KEY_NUMBER,
            key_version: 1203,
            key: rodc_key(),
        });
        let builder = domain_builder(&mut rng);
        let entry = |rid, name: &str, access| AclEntry {
            sid: domain_sid().with_rid(rid).unwrap(),
            name: name.into(),
            access,
        };
        let files = FileServer::of_account(&builder.build().unwrap(), "FS01$")
            .unwrap()
            .with_share("projects", vec![entry(1701, "Projects-Write", Access::Write)])
            .with_share("board", vec![entry(512, "Domain Admins", Access::Write)]);
        Self {
            now: Cell::new(START),
            tenant: RefCell::new(tenant),
            entra: RefCell::new(TenantState::new()),
            entra_reachable: Cell::new(true),
            dc_reachable: Cell::new(true),
            dc_flags: Cell::new(
                DcFlags::KDC | DcFlags::WRITABLE | DcFlags::KEY_LIST | DcFlags::CLOSEST | DcFlags::DS,
            ),
            datagrams: Cell::new(0),
            streams: Cell::new(0),
            domain: RefCell::new(builder.build().unwrap()),
            builder,
            dc: RefCell::new(DcConfig::new("DC01")),
            dc_clock_ahead: Cell::new(Duration::ZERO),
            reasons: RefCell::default(),
            kdc: RefCell::default(),
            child: child_domain(),
            child_kdc: RefCell::default(),
            files,
            file_state: RefCell::default(),
            spoil_proof: Cell::new(false),
            damage: Cell::new(None),
            rng: RefCell::new(rng),
        }
    }

    pub(crate) fn wait(&self, duration: Duration) {
        self.now.set(self.now.get() + duration);
    }

    pub(crate) fn tenant_mut(&self, change: impl FnOnce(&mut Tenant)) {
        change(&mut self.tenant.borrow_mut());
    }

    /// An administrator takes the key of the domain away from the tenant.
    pub(crate) fn withdraw_key(&self) {
        self.tenant_mut(|tenant| *tenant = tenant.clone().without_kerberos_domain(DOMAIN));
    }

    /// An administrator changes the domain.
    pub(crate) fn change_domain(&mut self, change: impl FnOnce(&mut DomainBuilder)) {
        change(&mut self.builder);
        self.domain.replace(self.builder.build().unwrap());
    }

    fn damaged(&self, mut answer: Vec<u8>) -> Vec<u8> {
        if let Some((at, mask)) = self.damage.get()
            && !answer.is_empty()
        {
            let at = at % answer.len();
            answer[at] ^= mask;
        }
        answer
    }

    fn ask_kdc(&self, to: &Endpoint, transport: Transport, octets: &[u8]) -> Result<Vec<u8>, NetworkError> {
        if !self.dc_reachable.get() {
            return Err(NetworkError::Timeout { to: to.clone() });
        }
        let is_child = to.host.ends_with(CHILD);
        let (domain, state) = if is_child {
            (self.child.clone(), &self.child_kdc)
        } else {
            (self.domain.borrow().clone(), &self.kdc)
        };
        let handled = kdc_sim::handle(
            &domain,
            &self.dc.borrow(),
            &mut state.borrow_mut(),
            self.now.get() + self.dc_clock_ahead.get(),
            &mut *self.rng.borrow_mut(),
            transport,
            octets,
        );
        for decision in handled.decisions {
            writeln!(self.reasons.borrow_mut(), "{decision}").unwrap();
        }
        Ok(self.damaged(handled.reply))
    }

    fn open_share(&self, octets: &[u8]) -> Vec<u8> {
        let request = AccessRequest::read(octets).unwrap();
        let mut state = self.file_state.borrow_mut();
        let accepted = self.files.accept(
            &mut state,
            self.now.get(),
            &mut *self.rng.borrow_mut(),
            &request.token,
        );
        let status = match (&accepted.session, &request.share) {
            (None, _) => NtStatus::LOGON_FAILURE,
            (Some(_), None) => NtStatus::SUCCESS,
            (Some(session), Some((share, wanted))) => {
                let wanted = match wanted {
                    Wanted::Read => Access::Read,
                    Wanted::Write => Access::Write,
                };
                let decision = self.files.open(session, share, wanted);
                match decision.outcome {
                    evidence::Outcome::Refused => NtStatus::ACCESS_DENIED,
                    _ => NtStatus::SUCCESS,
                }
            }
        };
        let token = accepted.reply;
        let mut reply = AccessReply { token, status }.write();
        if self.spoil_proof.get() {
            let last = reply.len() - 5;
            reply[last] ^= 1;
        }
        reply
    }

    /// A KDC proxy whose KDC knows the cloud TGT and no service.
    fn cloud_kdc(&self, body: &[u8]) -> http::Response<Vec<u8>> {
        let envelope = Envelope::read(body).unwrap();
        let request = KdcReq::decode(&envelope.message).unwrap();
        assert_eq!(
            envelope.target_domain.as_ref(),
            Some(&request.body().realm),
            "the proxy is told which realm to ask"
        );
        let sname: PrincipalName = request.body().sname.clone().unwrap();
        let error = KrbError::new(
            ErrorCode::S_PRINCIPAL_UNKNOWN,
            self.now.get(),
            request.body().realm.clone(),
            sname,
        );
        http::Response::new(envelope.reply(error.encode()).write())
    }

    fn ping(&self, to: &Endpoint, octets: &[u8]) -> Vec<u8> {
        let query = NetlogonQuery::decode(octets).unwrap();
        let (domain, host) = if to.host.ends_with(CHILD) {
            (CHILD, format!("dc11.{CHILD}"))
        } else {
            (DOMAIN, format!("dc01.{DOMAIN}"))
        };
        let response = SamLogonResponse {
            user_unknown: false,
            flags: self.dc_flags.get(),
            domain_guid: [9; 16],
            dns_forest: DOMAIN.to_owned(),
            dns_domain: domain.to_owned(),
            dns_host: host,
            netbios_domain: "FERNHILL".to_owned(),
            netbios_computer: "DC".to_owned(),
            user: String::new(),
            dc_site: "Office".to_owned(),
            client_site: "Office".to_owned(),
            nt_version: NtVersion::V1 | NtVersion::V5EX,
        };
        let ours = query.dns_domain.as_deref() == Some(domain);
        encode_reply(query.message_id, ours.then_some(&response))
    }
}

fn domain_builder(rng: &mut ChaCha12Rng) -> DomainBuilder {
    let krbtgt = KeyRing::new(KeySet::generate(2, rng));
    let mut builder = DomainBuilder::new(DOMAIN, "FERNHILL", domain_sid(), krbtgt).unwrap();
    let rodc_keys = KeyRing::new(KeySet::from_keys(1203, "", [rodc_key()]));
    builder
        .upn_suffix("fernhill.example")
        .rodc(RodcSpec::azure_ad_kerberos(KEY_NUMBER, 1501, 1502, rodc_keys))
        .account(
            AccountSpec::user("ada", 1104).with_upn(ADA),
            Secret::Password(PASSWORD.to_owned()),
        )
        .account(
            AccountSpec::computer("FS01", 1601, &format!("fs01.{DOMAIN}")),
            Secret::Password("fs01".to_owned()),
        )
        .trust(TrustSpec::within_forest(
            CHILD,
            "NORTH",
            child_sid(),
            trust_keys(),
        ))
        .group("Projects-Write", 1701, GroupScope::Global)
        .unwrap()
        .member("Projects-Write", "ada");
    builder
}

fn child_domain() -> DomainSnapshot {
    let mut rng = ChaCha12Rng::seed_from_u64(8);
    let krbtgt = KeyRing::new(KeySet::generate(2, &mut rng));
    DomainBuilder::new(CHILD, "NORTH", child_sid(), krbtgt)
        .unwrap()
        .trust(TrustSpec::within_forest(
            DOMAIN,
            "FERNHILL",
            domain_sid(),
            trust_keys(),
        ))
        .account(
            AccountSpec::computer("FS02", 1601, &format!("fs02.{CHILD}")),
            Secret::Password("fs02".to_owned()),
        )
        .build()
        .unwrap()
}

fn child_sid() -> Sid {
    "S-1-5-21-2004336348-2177238915-1682003330".parse().unwrap()
}

fn trust_keys() -> KeyRing {
    KeyRing::new(KeySet::from_password(1, "between the two", "trust"))
}

/// The key of krbtgt_21463.
pub(crate) fn rodc_key() -> Key {
    Key::new(Etype::Aes256CtsHmacSha196, &[0x53; 32]).unwrap()
}

impl Network for TestNetwork {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn complete_name(&self, label: &str, has_suffix: bool) -> Option<Arc<str>> {
        has_suffix.then(|| format!("{label}.{DOMAIN}").into())
    }

    async fn lookup_srv(&self, name: &str) -> Result<Vec<SrvRecord>, NetworkError> {
        if !self.dc_reachable.get() || !name.ends_with(DOMAIN) {
            return Err(NetworkError::NameNotFound { name: name.into() });
        }
        Ok(vec![SrvRecord {
            priority: 0,
            weight: 100,
            target: if name.ends_with(CHILD) {
                format!("dc11.{CHILD}").into()
            } else {
                format!("dc01.{DOMAIN}").into()
            },
            port: 389,
        }])
    }

    async fn lookup_host(&self, _: &str) -> Result<Vec<IpAddr>, NetworkError> {
        Ok(vec![IpAddr::V4(Ipv4Addr::new(192, 0, 2, 10))])
    }

    async fn datagram(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.datagrams.set(self.datagrams.get() + 1);
        if !self.dc_reachable.get() {
            return Err(NetworkError::Timeout { to: to.clone() });
        }
        match to.port {
            389 => Ok(self.damaged(self.ping(to, &octets))),
            88 => self.ask_kdc(to, Transport::Udp, &octets),
            _ => Err(NetworkError::Refused { to: to.clone() }),
        }
    }

    async fn stream(&self, to: &Endpoint, octets: Vec<u8>) -> Result<Vec<u8>, NetworkError> {
        self.streams.set(self.streams.get() + 1);
        match to.port {
            88 => self.ask_kdc(to, Transport::Tcp, &octets),
            445 => Ok(self.damaged(self.open_share(&octets))),
            _ => Err(NetworkError::Refused { to: to.clone() }),
        }
    }

    async fn https(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, NetworkError> {
        if !self.entra_reachable.get() {
            let to = Endpoint::new(request.uri().host().unwrap(), 443);
            return Err(NetworkError::Timeout { to });
        }
        if request.uri().path().ends_with("/kerberos") {
            return Ok(self.cloud_kdc(request.body()));
        }
        let tenant = self.tenant.borrow();
        let handled = cloud_sim::handle(
            &tenant,
            &mut self.entra.borrow_mut(),
            self.now.get(),
            &mut *self.rng.borrow_mut(),
            request,
        );
        Ok(handled.response.map(|body| self.damaged(body)))
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        self.now.set(self.now.get().max(deadline));
    }
}

/// A device in the network, and what it did.
pub(crate) struct Desk {
    pub(crate) network: TestNetwork,
    pub(crate) device: DeviceState,
    pub(crate) events: Vec<(Timestamp, ClientEvent)>,
    rng: ChaCha12Rng,
}

impl Desk {
    /// A device that nobody has registered.
    pub(crate) fn new(config: DeviceConfig) -> Self {
        Self {
            network: TestNetwork::new(),
            device: DeviceState::new(config),
            events: Vec::new(),
            rng: ChaCha12Rng::seed_from_u64(1),
        }
    }

    /// An Entra joined laptop, registered by Ada.
    pub(crate) fn registered() -> Self {
        Self::new(DeviceConfig::entra_joined("ADA-LT", "fernhill.example")).register()
    }

    /// A hybrid joined desktop, registered by Ada.
    pub(crate) fn hybrid() -> Self {
        Self::new(DeviceConfig::hybrid_joined("PAUL-PC", "fernhill.example", DOMAIN)).register()
    }

    fn register(mut self) -> Self {
        let keys = DeviceKeys {
            device: prt::pool::key(2),
            transport: prt::pool::key(3),
        };
        self.run(async |flow| flow.register_device(keys, ADA, &password()).await)
            .unwrap();
        self
    }

    /// Lets somebody act who has the lab's password.
    pub(crate) fn act(&mut self, upn: &str, act: &Act) -> Result<Performed, FlowError> {
        self.act_as(&person(upn, PASSWORD), act)
    }

    /// The same for the user of a session.
    pub(crate) fn act_in(&mut self, id: LogonId, act: &Act) -> Result<Performed, FlowError> {
        let upn = Arc::clone(&self.device.session(id).expect("an open session").upn);
        self.act(&upn, act)
    }

    fn act_as(&mut self, person: &Person, act: &Act) -> Result<Performed, FlowError> {
        let done = self.run(async |flow| flow.perform(Some(person), act).await);
        done.map_err(|error| match error {
            ActError::Flow(error) => error,
            error => panic!("{error}"),
        })
    }

    /// Signs somebody in.
    pub(crate) fn sign_in(&mut self, upn: &str, credential: CredentialKind) -> Result<LogonId, FlowError> {
        self.sign_in_as(&person(upn, PASSWORD), credential, false)
    }

    /// Signs somebody in with a password that may be wrong.
    pub(crate) fn sign_in_with(&mut self, upn: &str, password: &str) -> Result<LogonId, FlowError> {
        self.sign_in_as(&person(upn, password), CredentialKind::Password, false)
    }

    /// Signs somebody in who sits elsewhere.
    pub(crate) fn sign_in_remotely(
        &mut self,
        upn: &str,
        credential: CredentialKind,
    ) -> Result<LogonId, FlowError> {
        self.sign_in_as(&person(upn, PASSWORD), credential, true)
    }

    fn sign_in_as(
        &mut self,
        person: &Person,
        credential: CredentialKind,
        remote: bool,
    ) -> Result<LogonId, FlowError> {
        let credential = Some(credential);
        match self.act_as(person, &Act::SignIn { credential, remote })? {
            Performed::SignedIn(id) => Ok(id),
            other => panic!("{other:?}"),
        }
    }

    /// Signs the user of a session out.
    pub(crate) fn sign_out(&mut self, id: LogonId) {
        self.act_in(id, &Act::SignOut).expect("a session ends");
    }

    /// Forgets the tickets of a session.
    pub(crate) fn purge_tickets(&mut self, id: LogonId) {
        let purge = Act::PurgeTickets { session: None };
        self.act_in(id, &purge).expect("tickets are forgotten");
    }

    /// Runs a flow to its end; it must never have to wait.
    pub(crate) fn run<T>(&mut self, flow: impl AsyncFnOnce(&mut Flow<'_, TestNetwork>) -> T) -> T {
        let mut context = Flow {
            network: &self.network,
            device: &mut self.device,
            rng: &mut self.rng,
            events: &mut self.events,
        };
        let future = pin!(flow(&mut context));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("the test network never lets a flow wait"),
        }
    }

    pub(crate) fn saw(&self, matches: impl Fn(&ClientEvent) -> bool) -> bool {
        self.events.iter().any(|(_, event)| matches(event))
    }

    pub(crate) fn change_config(&mut self, change: impl FnOnce(&mut DeviceConfig)) {
        change(Arc::make_mut(&mut self.device.config));
    }
}

pub(crate) fn password() -> Password {
    Password::new(PASSWORD)
}

fn person(upn: &str, password: &str) -> Person {
    Person {
        upn: upn.into(),
        password: Password::new(password),
        number: 0,
    }
}
