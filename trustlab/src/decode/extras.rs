//! Small things that hang below messages.

use kerberos::wire::{KerbErrorData, TokenId};

use super::node::Node;
use super::show;

/// Error data of Windows.
pub(crate) fn kerb_error_data(data: &KerbErrorData) -> Node {
    let node = Node::new("KERB-ERROR-DATA").field(
        "data-type",
        match data.data_type {
            KerbErrorData::SKEW_RECOVERY => "KERB_AP_ERR_TYPE_SKEW_RECOVERY (2)".to_owned(),
            KerbErrorData::EXTENDED => "KERB_ERR_TYPE_EXTENDED (3)".to_owned(),
            other => other.to_string(),
        },
    );
    match data.extended() {
        Some((status, flags)) => node
            .field("status", status)
            .field("flags", format_args!("0x{flags:08x}")),
        None => node.maybe("data-value", data.data_value.as_deref().map(show::octets)),
    }
}

/// A token id with its octets.
pub(crate) const fn token_id(id: TokenId) -> &'static str {
    match id {
        TokenId::ApReq => "01 00 (AP-REQ)",
        TokenId::ApRep => "02 00 (AP-REP)",
        TokenId::Error => "03 00 (KRB-ERROR)",
    }
}
