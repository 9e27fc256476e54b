//! The refresh of a PRT.

use std::hint::black_box;

use aes::Aes256;
use cbc::cipher::block_padding::Pkcs7;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use cloud_sim::Tenant;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::wire::{AsRep, EncTicketPart, EncryptedData};
use prt::form::Form;
use prt::jose::{Algorithm, CompactJws, decode_base64, open_direct};
use prt::messages::{PrtReply, Tgt};
use prt::{DerivedKey, KdfVersion, PrivateKey, SessionKey};
use rand::CryptoRng;

use super::fresh;

/// The cryptography of a renewal with both tickets, and of the id_token where it is signed.
pub struct RefreshFloor {
    session_key: SessionKey,
    context: Vec<u8>,
    claims: Vec<u8>,
    /// What the device signs, and the signature.
    signed: (Vec<u8>, [u8; 32]),
    tickets: [SuppliedFloor; 2],
    partial_pac: Vec<u8>,
    /// The reply in clear, and as it is sent.
    reply: (Vec<u8>, Vec<u8>),
    /// What Entra signs, and with which key; `None` when the id_token is unsigned.
    id_token: Option<(Vec<u8>, PrivateKey)>,
}

impl RefreshFloor {
    /// The floor of a request's body and the body of its reply.
    ///
    /// # Panics
    /// The octets are no such messages, or the keys are not theirs.
    pub fn new(request: &[u8], reply: &[u8], session_key: &SessionKey, tenant: &Tenant) -> Self {
        let form = Form::parse(request);
        let token = form.value("request").expect("a signed request");
        let jws = CompactJws::parse(token).expect("a token");
        let context = jws.header().ctx.as_deref().expect("signed with a session key");
        let answer = std::str::from_utf8(reply).expect("a compact token");
        let clear = open_direct(answer, session_key).expect("sealed with the session key");
        let reply: PrtReply = serde_json::from_slice(&clear).expect("the reply to a renewal");
        let domain = tenant.kerberos_domains().next().expect("a published key");
        let tgt = |tgt: &Option<Tgt>, key: &Key| {
            SuppliedFloor::new(tgt.as_ref().expect("both tickets"), session_key, key)
        };
        let partial = tgt(&reply.tgt_ad, &domain.key);
        let part = EncTicketPart::decode(&partial.ticket_part).expect("the part of a ticket");
        let id_token = CompactJws::parse(&reply.id_token).expect("a token");
        let is_signed = id_token.header().alg == Algorithm::Rs256;
        let mut floor = Self {
            session_key: session_key.clone(),
            context: decode_base64(context, "ctx").expect("base64"),
            claims: jws.payload().to_vec(),
            signed: (signing_input(token), [0; 32]),
            partial_pac: part.pac().expect("with a PAC").to_vec(),
            tickets: [partial, tgt(&reply.tgt_cloud, &tenant.cloud_tgt_key)],
            reply: (clear.to_vec(), Vec::new()),
            id_token: is_signed.then(|| (signing_input(&reply.id_token), tenant.signing_key.clone())),
        };
        floor.signed.1 = floor.request_key().sign_hs256(&floor.signed.0);
        floor.reply.1 = floor.encrypted();
        floor
    }

    /// Entra's half: the request verified with the session key, two tickets and the keys to them, the id_token's
    /// signature, the reply encrypted.
    ///
    /// # Panics
    /// Never: the keys are right.
    pub fn entra(&self, rng: &mut dyn CryptoRng) {
        let (signed, signature) = &self.signed;
        assert!(self.request_key().verify_hs256(signed, signature));
        let [partial, cloud] = &self.tickets;
        let server = partial
            .ticket_key
            .checksum(KeyUsage::PAC_CHECKSUM, &self.partial_pac);
        black_box(partial.ticket_key.checksum(KeyUsage::PAC_CHECKSUM, &server));
        partial.entra(rng);
        cloud.entra(rng);
        if let Some((token, key)) = &self.id_token {
            black_box(key.sign_rs256(token));
        }
        black_box(self.encrypted());
    }

    /// The device's half: the request signed with the session key, the reply decrypted, both tickets' keys unwrapped.
    ///
    /// # Panics
    /// Never: the keys are right.
    pub fn device(&self) {
        black_box(self.request_key().sign_hs256(&self.signed.0));
        let key = self.reply_key();
        let opened = cbc::Decryptor::<Aes256>::new(key.expose().into(), &[0; 16].into())
            .decrypt_padded_vec::<Pkcs7>(&self.reply.1);
        black_box(opened.expect("the key is right"));
        for ticket in &self.tickets {
            ticket.device();
        }
    }

    fn request_key(&self) -> DerivedKey {
        self.session_key
            .derive(KdfVersion::V2, &self.context, &self.claims)
    }

    fn reply_key(&self) -> DerivedKey {
        self.session_key.derive(KdfVersion::V1, &self.context, b"")
    }

    fn encrypted(&self) -> Vec<u8> {
        let key = self.reply_key();
        cbc::Encryptor::<Aes256>::new(key.expose().into(), &[0; 16].into())
            .encrypt_padded_vec::<Pkcs7>(&self.reply.0)
    }
}

/// The cryptography of one ticket in a reply.
struct SuppliedFloor {
    ticket_key: Key,
    ticket_part: Vec<u8>,
    client_key: Vec<u8>,
    reply: EncryptedData,
    reply_part: Vec<u8>,
}

impl SuppliedFloor {
    fn new(tgt: &Tgt, session_key: &SessionKey, ticket_key: &Key) -> Self {
        let client_key = tgt
            .client_key(session_key)
            .expect("sealed with the session key")
            .to_vec();
        let reply = AsRep::decode(&tgt.as_rep().expect("base64")).expect("an AS-REP");
        let cipher = &reply.ticket.enc_part.cipher;
        let ticket_part = ticket_key
            .decrypt(KeyUsage::TICKET, cipher)
            .expect("the ticket's key");
        let reply_part = reply
            .enc_part
            .open(&fresh(&client_key), KeyUsage::AS_REP)
            .expect("the client key");
        Self {
            ticket_key: ticket_key.clone(),
            ticket_part,
            client_key,
            reply: reply.enc_part,
            reply_part,
        }
    }

    /// A session key, the ticket sealed, a client key, the reply sealed.
    fn entra(&self, rng: &mut dyn CryptoRng) {
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng));
        black_box(self.ticket_key.encrypt(KeyUsage::TICKET, &self.ticket_part, rng));
        let client_key = Key::generate(Etype::Aes256CtsHmacSha196, rng);
        black_box(client_key.encrypt(KeyUsage::AS_REP, &self.reply_part, rng));
    }

    /// The reply opened.
    fn device(&self) {
        let client_key = fresh(&self.client_key);
        black_box(
            self.reply
                .open(&client_key, KeyUsage::AS_REP)
                .expect("the key is right"),
        );
    }
}

/// What the signature of a compact token is over.
fn signing_input(token: &str) -> Vec<u8> {
    let (input, _) = token.rsplit_once('.').expect("a compact token");
    input.as_bytes().to_vec()
}
