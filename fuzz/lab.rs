//! Requests to a KDC with one part of the fuzzer's choice: what is encrypted and signed around it is right, so that the
//! fuzzer gets past the cryptography.

use std::sync::LazyLock;

use benches::lab::{self, Held, Lab, NOW, SERVICE, USER};
use kdc_sim::resource;
use kerberos::codes::PaDataType;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::{Pac, PacBuilder};
use kerberos::wire::*;
use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::SeedableRng;

static LAB: LazyLock<Lab> = LazyLock::new(Lab::new);
static PARTIAL: LazyLock<Held> = LazyLock::new(|| LAB.partial());
static USER_KEY: LazyLock<Key> = LazyLock::new(|| {
    let account = LAB.domain.account(USER).expect("the user");
    account.keys.current().strongest().expect("with keys").clone()
});

/// The part of a request that the fuzzer chooses.
#[derive(Clone, Copy)]
pub enum Part {
    /// All of it, to the KDC.
    Request,
    /// All of it, to a file server: as Kerberos, as SPNEGO, and as NTLM, with a domain controller and without.
    Token,
    /// The encrypted part of a partial TGT.
    Ticket,
    /// The PAC of a partial TGT; its signatures are made anew if it can be read.
    Pac,
    /// The authenticator beside a partial TGT.
    Authenticator,
    /// The body; the authenticator's checksum fits it.
    Body,
    /// Further pre-authentication data beside a partial TGT.
    PaData,
    /// The timestamp of an AS-REQ.
    Timestamp,
}

impl Part {
    /// Every part; the first octet of an input is its index.
    pub const ALL: [Self; 8] = [
        Self::Request,
        Self::Token,
        Self::Ticket,
        Self::Pac,
        Self::Authenticator,
        Self::Body,
        Self::PaData,
        Self::Timestamp,
    ];

    /// Sends a request with `octets` as this part. Whatever comes back is a message or nothing.
    pub fn send(self, octets: &[u8]) -> Option<Message> {
        if let Self::Token = self {
            send_to_server(octets);
            return None;
        }
        let reply = LAB.answer(&self.request(octets)?);
        (!reply.is_empty()).then(|| Message::decode(&reply).expect("the reply is a message"))
    }

    /// The request, or nothing if the octets do not even fit the frame.
    pub fn request(self, octets: &[u8]) -> Option<Vec<u8>> {
        let none = MethodData::default();
        match self {
            Self::Request | Self::Token => Some(octets.to_vec()),
            Self::Ticket => Some(with_ticket(octets, none)),
            Self::Pac => Some(with_ticket(
                &lab::ticket_part(&PARTIAL.session, resigned(octets)),
                none,
            )),
            Self::Authenticator => lab::tgs_req(&PARTIAL, octets, body().encode(), none).ok(),
            Self::Body => {
                let authenticator = lab::authenticator(&PARTIAL.session, octets);
                lab::tgs_req(&PARTIAL, &authenticator, octets.to_vec(), none).ok()
            }
            Self::PaData => {
                let more = MethodData::decode(octets).ok()?;
                Some(lab::good_tgs_req(&PARTIAL, krbtgt(), more))
            }
            Self::Timestamp => {
                let sealed = lab::seal(&USER_KEY, KeyUsage::PA_ENC_TIMESTAMP, None, octets);
                let padata = none.with(PaDataType::ENC_TIMESTAMP, sealed.encode());
                let cname = Some(PrincipalName::principal(USER));
                Some(KdcReq::new(KdcReqKind::As, padata, KdcReqBody { cname, ..body() }).encode())
            }
        }
    }

    /// A seed: what a well-behaved client has as this part.
    pub fn seed(self) -> Vec<u8> {
        match self {
            Self::Request => Self::PaData.request(&Self::PaData.seed()).expect("a seed fits"),
            Self::Token => access(),
            Self::Ticket => lab::ticket_part(&PARTIAL.session, LAB.sign(lab::partial_pac())),
            Self::Pac => LAB.sign(lab::partial_pac()),
            Self::Authenticator => lab::authenticator(&PARTIAL.session, &body().encode()),
            Self::Body => body().encode(),
            Self::PaData => MethodData::default()
                .with(PaDataType::KERB_KEY_LIST_REQ, KeyListReq(vec![23]).encode())
                .with(
                    PaDataType::PAC_OPTIONS,
                    PaPacOptions {
                        options: PacOptions::BRANCH_AWARE,
                    }
                    .encode(),
                )
                .encode(),
            Self::Timestamp => PaEncTsEnc::from(NOW).encode(),
        }
    }
}

fn krbtgt() -> PrincipalName {
    PrincipalName::krbtgt(lab::REALM)
}

fn body() -> KdcReqBody {
    lab::body(krbtgt())
}

/// Every way into a server, each with nothing but an open challenge to remember.
fn send_to_server(octets: &[u8]) {
    let server = resource::FileServer::of_account(&LAB.domain, "FS01$").expect("FS01 is there");
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let state = || resource::ServerState {
        challenges: vec![[0; 8]],
        ..Default::default()
    };
    server.accept(&mut state(), NOW, &mut rng, octets);
    server.negotiate(&mut state(), NOW, &mut rng, octets);
    for authority in [None, Some(&LAB.domain)] {
        server.ntlm(&mut state(), authority, NOW, &mut rng, octets);
    }
}

/// A good request but for the part of its TGT.
fn with_ticket(part: &[u8], more: MethodData) -> Vec<u8> {
    let held = Held {
        ticket: LAB.seal_partial(part),
        session: PARTIAL.session.clone(),
    };
    lab::good_tgs_req(&held, krbtgt(), more)
}

/// What the file server is sent after an exchange and a service ticket.
fn access() -> Vec<u8> {
    let full = received(&PARTIAL, krbtgt());
    let held = received(&full, PrincipalName::parse(SERVICE));
    let authenticator = Authenticator {
        cksum: None,
        ..Authenticator::decode(&lab::authenticator(&held.session, &[])).expect("made here")
    };
    let sealed = lab::seal(
        &held.session,
        KeyUsage::AP_REQ_AUTHENTICATOR,
        None,
        &authenticator.encode(),
    );
    let request = ApReq::new(ApOptions::MUTUAL_REQUIRED, held.ticket, sealed);
    GssToken::new(TokenId::ApReq, request.encode()).encode()
}

fn received(with: &Held, sname: PrincipalName) -> Held {
    let request = lab::good_tgs_req(with, sname, MethodData::default());
    let reply = TgsRep::decode(&LAB.answer(&request)).expect("the request is good");
    let part = reply.enc_part.open(&with.session, KeyUsage::TGS_REP_SESSION_KEY);
    let part = EncKdcRepPart::decode(&part.expect("the client's key")).expect("a reply");
    Held {
        ticket: reply.ticket,
        session: part.key.to_key().expect("a session key"),
    }
}

fn resigned(octets: &[u8]) -> Vec<u8> {
    let Ok(pac) = Pac::parse(octets) else {
        return octets.to_vec();
    };
    LAB.sign(pac.buffers().fold(PacBuilder::new(), |builder, (kind, buffer)| {
        builder.buffer(kind, buffer)
    }))
}
