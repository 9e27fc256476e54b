//! Opening the TGT of a request, and the proof that its owner sent it.

use std::time::Duration;

use kerberos::codes::PaDataType;
use kerberos::crypto::{Key, KeyUsage};
use kerberos::pac::Pac;
use kerberos::sid::Sid;
use kerberos::wire::{
    ApReq, Authenticator, EncTicketPart, EncryptedData, KdcReq, OpenError, Ticket, TicketFlags,
};

use super::detail::KdcDetail;
use super::refusal::KdcRefusal;
use crate::tgt::{CLOUD_REALM, OPAQUE_ETYPE};
use crate::{Detail, Exchange, rules};

/// A TGT that opened.
pub(super) struct CloudTgt {
    pub(super) part: EncTicketPart,
    pub(super) issuer: Issuer,
    /// The key for the reply and its purpose: the subkey if there is one.
    pub(super) reply_key: Key,
    pub(super) reply_usage: KeyUsage,
}

/// Who issued a TGT.
pub(super) enum Issuer {
    /// This tenant, beside a PRT.
    Cloud,
    /// A domain controller of a realm that trusts this one.
    Trust {
        /// Whose TGT it is, as the PAC says.
        requestor: Sid,
    },
}

impl Exchange<'_> {
    /// Opens the TGT of a request and checks that its owner sent the request, now, for the first time.
    pub(super) fn open_tgt(&mut self, request: &KdcReq) -> Result<CloudTgt, KdcRefusal> {
        let value = request.padata.find(PaDataType::TGS_REQ);
        let value = value.ok_or(KdcRefusal::TgtMissing)?;
        let ap_req = ApReq::decode(value).map_err(|error| KdcRefusal::Malformed(Box::new(error)))?;
        let (part, issuer) = self.open_ticket(&ap_req.ticket)?;
        self.check_ticket_times(&part)?;
        let session = part.key.to_key().map_err(KdcRefusal::SessionKey)?;
        let authenticator = self.open_authenticator(&ap_req.authenticator, &session, &part)?;
        check_body(&authenticator, &session, request)?;
        let subkey = authenticator.subkey.as_ref().map(|key| key.to_key());
        let subkey = subkey.transpose().map_err(KdcRefusal::SessionKey)?;
        let (reply_key, reply_usage) = match subkey {
            Some(subkey) => (subkey, KeyUsage::TGS_REP_SUBKEY),
            None => (session, KeyUsage::TGS_REP_SESSION_KEY),
        };
        let detail = Detail::Kdc(KdcDetail::Authenticator);
        self.passed(&rules::KDC_AUTHENTICATOR, detail);
        let kept = self.tenant.settings.clock_skew.saturating_mul(2);
        self.state
            .add_authenticator(&ap_req.authenticator.cipher, self.now, kept);
        Ok(CloudTgt {
            part,
            issuer,
            reply_key,
            reply_usage,
        })
    }

    fn open_ticket(&mut self, ticket: &Ticket) -> Result<(EncTicketPart, Issuer), KdcRefusal> {
        let for_us = ticket
            .sname
            .krbtgt_realm()
            .is_some_and(|realm| realm.eq_ignore_ascii_case(CLOUD_REALM));
        if !for_us {
            return Err(KdcRefusal::TicketForOthers {
                sname: Box::new(ticket.sname.clone()),
                realm: ticket.realm.clone(),
            });
        }
        if ticket.realm.eq_ignore_ascii_case(CLOUD_REALM) {
            let key = &self.tenant.cloud_tgt_key;
            let plaintext = open_opaque(&ticket.enc_part, key).map_err(KdcRefusal::TicketKey)?;
            self.passed(&rules::KDC_TICKET_KEY, Detail::Kdc(KdcDetail::OwnTgt));
            return Ok((ticket_part(&plaintext)?, Issuer::Cloud));
        }
        self.open_referral(ticket)
    }

    /// A TGT that a domain controller issued for this realm.
    fn open_referral(&mut self, ticket: &Ticket) -> Result<(EncTicketPart, Issuer), KdcRefusal> {
        let realm = &ticket.realm;
        let Some(trust) = self.tenant.trusted_domain(&realm.to_text()) else {
            let realm = realm.clone();
            return Err(KdcRefusal::TrustUnknown { realm });
        };
        let plaintext = ticket.enc_part.open(&trust.key, KeyUsage::TICKET);
        let plaintext = plaintext.map_err(|error| KdcRefusal::TrustKey {
            realm: realm.clone(),
            error,
        })?;
        let part = ticket_part(&plaintext)?;
        let requestor = requestor(&part, &trust.key)?;
        for rule in [&rules::KDC_TRUST_KEY, &rules::KDC_TRUST_PAC] {
            let realm = realm.clone();
            self.passed(rule, Detail::Kdc(KdcDetail::TrustTgt { realm }));
        }
        Ok((part, Issuer::Trust { requestor }))
    }

    fn check_ticket_times(&self, part: &EncTicketPart) -> Result<(), KdcRefusal> {
        let (now, start) = (self.now, part.valid_from());
        let skew = self.tenant.settings.clock_skew;
        if part.flags.contains(TicketFlags::INVALID) || start.timestamp() > now + skew {
            return Err(KdcRefusal::TicketNotYetValid { start, now });
        }
        if part.endtime.timestamp() <= now {
            let end = part.endtime;
            return Err(KdcRefusal::TicketEnded { end, now });
        }
        Ok(())
    }

    fn open_authenticator(
        &self,
        sealed: &EncryptedData,
        session: &Key,
        part: &EncTicketPart,
    ) -> Result<Authenticator, KdcRefusal> {
        let plaintext = sealed
            .open(session, KeyUsage::TGS_REQ_AUTHENTICATOR)
            .map_err(KdcRefusal::AuthenticatorKey)?;
        let authenticator =
            Authenticator::decode(&plaintext).map_err(|error| KdcRefusal::Malformed(Box::new(error)))?;
        if !authenticator.cname.same_name(&part.cname) || authenticator.crealm != part.crealm {
            return Err(KdcRefusal::AuthenticatorClient {
                ticket: Box::new(part.cname.clone()),
                authenticator: Box::new(authenticator.cname),
            });
        }
        let client =
            authenticator.ctime.timestamp() + Duration::from_micros(authenticator.cusec.get().into());
        let now = self.now;
        let apart = client.saturating_since(now).max(now.saturating_since(client));
        if apart > self.tenant.settings.clock_skew {
            return Err(KdcRefusal::Skew { client, now });
        }
        if self.state.has_authenticator(&sealed.cipher) {
            return Err(KdcRefusal::Repeated);
        }
        Ok(authenticator)
    }
}

/// The checksum over the body of the request (RFC 4120 section 7.2.2): a missing one is refused like a wrong one.
fn check_body(authenticator: &Authenticator, session: &Key, request: &KdcReq) -> Result<(), KdcRefusal> {
    let checksum = authenticator.cksum.as_ref();
    let own_type = session.checksum_type().number();
    let Some(checksum) = checksum.filter(|checksum| checksum.r#type == own_type) else {
        return Err(KdcRefusal::BodyChecksum { missing: true });
    };
    session
        .verify_checksum(
            KeyUsage::TGS_REQ_CHECKSUM,
            request.body_octets(),
            &checksum.checksum,
        )
        .map_err(|_| KdcRefusal::BodyChecksum { missing: false })
}

/// The cloud TGT says encryption type -1 and is sealed with a key that only this KDC has.
fn open_opaque(sealed: &EncryptedData, key: &Key) -> Result<Vec<u8>, OpenError> {
    if sealed.etype != OPAQUE_ETYPE {
        return Err(OpenError::Etype {
            data: sealed.etype,
            key: key.etype(),
        });
    }
    key.decrypt(KeyUsage::TICKET, &sealed.cipher)
        .map_err(OpenError::Crypto)
}

fn ticket_part(plaintext: &[u8]) -> Result<EncTicketPart, KdcRefusal> {
    EncTicketPart::decode(plaintext).map_err(|error| KdcRefusal::Malformed(Box::new(error)))
}

/// Whose TGT a domain controller says it is. Of the signatures only that of the trust's key can be checked here.
fn requestor(part: &EncTicketPart, key: &Key) -> Result<Sid, KdcRefusal> {
    let octets = part.pac().ok_or(KdcRefusal::NoPac)?;
    let pac = Pac::parse(&octets).map_err(|error| KdcRefusal::BadPac(Box::new(error.into())))?;
    pac.verify_server(key)
        .map_err(|error| KdcRefusal::PacSignature(Box::new(error)))?;
    let requestor = pac
        .requestor()
        .map_err(|error| KdcRefusal::BadPac(Box::new(error)))?;
    requestor.ok_or(KdcRefusal::NoRequestor)
}
