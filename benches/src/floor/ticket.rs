//! A ticket for a TGT.

use std::hint::black_box;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Etype, Key, KeyUsage};
use kerberos::wire::{ApReq, Authenticator, EncTicketPart, EncryptedData, KdcReq, TgsRep};
use rand::CryptoRng;

use super::fresh;

/// The keys that open a request for a ticket and its reply.
pub struct TicketKeys {
    /// The key of the TGT.
    pub tgt: Key,
    /// The key of the new ticket.
    pub ticket: Key,
    /// The key that signs PACs as the KDC.
    pub kdc: Key,
    /// The session key of the TGT.
    pub session: Key,
}

/// The cryptography of a TGS exchange.
pub struct TicketFloor {
    keys: TicketKeys,
    tgt: EncryptedData,
    authenticator: EncryptedData,
    authenticator_part: Vec<u8>,
    body: Vec<u8>,
    subkey: Option<Vec<u8>>,
    old_pac: Vec<u8>,
    new_pac: Vec<u8>,
    /// Octets of the new ticket besides the PAC: what a ticket signature is over.
    blank: usize,
    new_ticket: Vec<u8>,
    reply: EncryptedData,
    reply_part: Vec<u8>,
    for_service: bool,
}

impl TicketFloor {
    /// The floor of a request and its reply.
    ///
    /// # Panics
    /// The octets are no such messages, or the keys are not theirs.
    pub fn new(request: &[u8], reply: &[u8], keys: TicketKeys) -> Self {
        let request = KdcReq::decode(request).expect("a TGS-REQ");
        let reply = TgsRep::decode(reply).expect("a TGS-REP");
        let ap_req = request.padata.find(PaDataType::TGS_REQ).expect("with a TGT");
        let ap_req = ApReq::decode(ap_req).expect("an AP-REQ");
        let authenticator_part = open(
            &ap_req.authenticator,
            &keys.session,
            KeyUsage::TGS_REQ_AUTHENTICATOR,
        );
        let subkey = Authenticator::decode(&authenticator_part)
            .expect("an authenticator")
            .subkey
            .map(|key| key.to_key().expect("of a known type"));
        let (reply_key, usage) = reply_key(subkey.as_ref(), &keys.session);
        let new_ticket = open(&reply.ticket.enc_part, &keys.ticket, KeyUsage::TICKET);
        let new_pac = pac(&new_ticket);
        Self {
            old_pac: pac(&open(&ap_req.ticket.enc_part, &keys.tgt, KeyUsage::TICKET)),
            blank: new_ticket.len() - new_pac.len(),
            new_pac,
            new_ticket,
            reply_part: open(&reply.enc_part, reply_key, usage),
            reply: reply.enc_part,
            tgt: ap_req.ticket.enc_part,
            authenticator: ap_req.authenticator,
            authenticator_part,
            body: request.body_octets().to_vec(),
            subkey: subkey.map(|key| key.expose().to_vec()),
            for_service: reply.ticket.sname.krbtgt_realm().is_none(),
            keys,
        }
    }

    /// The KDC's half: open the TGT, verify two signatures of its PAC, open the authenticator, verify the checksum of
    /// the body, sign the new PAC (twice, for a service four times), make a session key, seal the ticket and the reply.
    ///
    /// # Panics
    /// Never: the keys are right.
    pub fn kdc(&self, rng: &mut dyn CryptoRng) {
        let session = fresh(self.keys.session.expose());
        black_box(open(&self.tgt, &self.keys.tgt, KeyUsage::TICKET));
        sign_tgt(&self.keys.tgt, &self.keys.tgt, &self.old_pac);
        black_box(open(
            &self.authenticator,
            &session,
            KeyUsage::TGS_REQ_AUTHENTICATOR,
        ));
        black_box(session.checksum(KeyUsage::TGS_REQ_CHECKSUM, &self.body));
        if self.for_service {
            let blank = self.new_ticket.get(..self.blank).unwrap_or_default();
            black_box(self.keys.kdc.checksum(KeyUsage::PAC_CHECKSUM, blank));
            black_box(self.keys.kdc.checksum(KeyUsage::PAC_CHECKSUM, &self.new_pac));
        }
        sign_tgt(&self.keys.ticket, &self.keys.kdc, &self.new_pac);
        black_box(Key::generate(Etype::Aes256CtsHmacSha196, rng));
        black_box(self.keys.ticket.encrypt(KeyUsage::TICKET, &self.new_ticket, rng));
        let subkey = self.subkey.as_deref().map(fresh);
        let (key, usage) = reply_key(subkey.as_ref(), &session);
        black_box(key.encrypt(usage, &self.reply_part, rng));
    }

    /// The client's half: the checksum of the body, the authenticator with a subkey, and the reply opened.
    ///
    /// # Panics
    /// Never: the keys are right.
    pub fn client(&self, rng: &mut dyn CryptoRng) {
        let session = fresh(self.keys.session.expose());
        black_box(session.checksum(KeyUsage::TGS_REQ_CHECKSUM, &self.body));
        black_box(session.encrypt(KeyUsage::TGS_REQ_AUTHENTICATOR, &self.authenticator_part, rng));
        let subkey = self.subkey.as_deref().map(fresh);
        let (key, usage) = reply_key(subkey.as_ref(), &session);
        black_box(open(&self.reply, key, usage));
    }
}

fn open(sealed: &EncryptedData, key: &Key, usage: KeyUsage) -> Vec<u8> {
    sealed.open(key, usage).expect("the key is right")
}

fn pac(ticket_part: &[u8]) -> Vec<u8> {
    let part = EncTicketPart::decode(ticket_part).expect("the part of a ticket");
    part.pac().expect("with a PAC").to_vec()
}

/// The server's signature and the KDC's over that.
fn sign_tgt(server: &Key, kdc: &Key, pac: &[u8]) {
    let server = server.checksum(KeyUsage::PAC_CHECKSUM, pac);
    black_box(kdc.checksum(KeyUsage::PAC_CHECKSUM, &server));
}

fn reply_key<'k>(subkey: Option<&'k Key>, session: &'k Key) -> (&'k Key, KeyUsage) {
    match subkey {
        Some(subkey) => (subkey, KeyUsage::TGS_REP_SUBKEY),
        None => (session, KeyUsage::TGS_REP_SESSION_KEY),
    }
}
