//! A service ticket at the service.

use std::hint::black_box;

use client_sim::access::{AccessReply, AccessRequest};
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::wire::{ApRep, ApReq, EncTicketPart, EncryptedData, GssToken};
use rand::CryptoRng;

use super::fresh;

/// The cryptography of an AP exchange with mutual authentication.
pub struct AccessFloor {
    server: Key,
    session: Vec<u8>,
    ticket: EncryptedData,
    pac: Vec<u8>,
    authenticator: EncryptedData,
    authenticator_part: Vec<u8>,
    proof: EncryptedData,
    proof_part: Vec<u8>,
}

impl AccessFloor {
    /// The floor of an access with the key of the service.
    ///
    /// # Panics
    /// The octets are no such messages, or the key is not theirs.
    pub fn new(request: &[u8], reply: &[u8], server: Key) -> Self {
        let request = AccessRequest::read(request).expect("an access request");
        let reply = AccessReply::read(reply).expect("its reply");
        let token = |octets: &[u8]| GssToken::decode(octets).expect("a token").message.to_vec();
        let ap_req = ApReq::decode(&token(&request.token)).expect("an AP-REQ");
        let proof = ApRep::decode(&token(&reply.token)).expect("an AP-REP").enc_part;
        let ticket = ap_req.ticket.enc_part;
        let part = EncTicketPart::decode(&ticket.open(&server, KeyUsage::TICKET).expect("the server's key"))
            .expect("the part of a ticket");
        let session = part.key.to_key().expect("a session key");
        let open = |sealed: &EncryptedData, usage| sealed.open(&session, usage).expect("the session key");
        Self {
            pac: part.pac().expect("with a PAC").to_vec(),
            authenticator_part: open(&ap_req.authenticator, KeyUsage::AP_REQ_AUTHENTICATOR),
            authenticator: ap_req.authenticator,
            proof_part: open(&proof, KeyUsage::AP_REP),
            proof,
            session: session.expose().to_vec(),
            ticket,
            server,
        }
    }

    /// Both halves: a subkey and the authenticator; the ticket, the authenticator and the server's signature of the
    /// PAC; a subkey and the proof; the proof opened.
    ///
    /// # Panics
    /// Never: the keys are right.
    pub fn run(&self, rng: &mut dyn CryptoRng) {
        let client = fresh(&self.session);
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng));
        black_box(client.encrypt(KeyUsage::AP_REQ_AUTHENTICATOR, &self.authenticator_part, rng));
        let server = fresh(&self.session);
        let open =
            |sealed: &EncryptedData, key: &Key, usage| black_box(sealed.open(key, usage).expect("right"));
        open(&self.ticket, &self.server, KeyUsage::TICKET);
        open(&self.authenticator, &server, KeyUsage::AP_REQ_AUTHENTICATOR);
        black_box(self.server.checksum(KeyUsage::PAC_CHECKSUM, &self.pac));
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng));
        black_box(server.encrypt(KeyUsage::AP_REP, &self.proof_part, rng));
        open(&self.proof, &client, KeyUsage::AP_REP);
    }
}
