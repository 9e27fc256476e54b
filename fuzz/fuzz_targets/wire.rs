//! Every message and every value inside of messages: none panics, and what is read survives being written and read.
#![no_main]

use kerberos::ntlm::NtlmMessage;
use kerberos::wire::*;
use libfuzzer_sys::fuzz_target;

macro_rules! survives {
    ($data:expr; $($type:ident)+) => {$(
        if let Ok(value) = $type::decode($data) {
            assert_eq!($type::decode(&value.encode()), Ok(value), stringify!($type));
        }
    )+};
}

fuzz_target!(|data: &[u8]| {
    let _ = Message::decode(data);
    survives!(data;
        KdcReq KdcReqBody AsRep TgsRep Ticket EncTicketPart
        ApReq ApRep Authenticator EncApRepPart
        KrbCred EncKrbCredPart KrbCredInfo KrbSafe KrbSafeBody KrbPriv EncKrbPrivPart
        KrbError KerbErrorData TypedData MethodData PaData
        PaEncTsEnc EtypeInfo EtypeInfo2 PaPacRequest PaPacOptions KeyListReq KeyListRep PaForUser PaS4uX509User S4uUserId
        AuthorizationData AdKdcIssued TokenRestrictions
        PaFxFastRequest PaFxFastReply FastReq FastResponse
        EncryptedData EncryptionKey KdcProxyMessage ChangePasswdData
        GssToken GssChecksum NegotiationToken
    );
    if let Ok(message) = NtlmMessage::decode(data) {
        assert_eq!(NtlmMessage::decode(&message.encode()), Ok(message));
    }
    if let Ok(part) = EncKdcRepPart::decode(data) {
        assert_eq!(
            EncKdcRepPart::decode(&part.clone().encode_as_rep()).as_ref(),
            Ok(&part)
        );
        assert_eq!(EncKdcRepPart::decode(&part.clone().encode_tgs_rep()), Ok(part));
    }
    if let Ok(part) = EncTicketPart::decode(data) {
        let _ = (part.pac(), part.ticket_signature_input());
    }
});
