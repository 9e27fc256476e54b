//! UDP: one datagram in, one datagram out.

use tokio::net::UdpSocket;

use super::Answer;

/// Larger than any datagram: a request that fills it was cut and is refused by the decoder.
const DATAGRAM_BYTES_MAX: usize = 65_535;

/// Answers datagrams until the task is dropped. A datagram that cannot be sent or received concerns its sender only, so
/// errors are logged and serving goes on.
pub(crate) async fn serve(socket: UdpSocket, answer: Answer) {
    let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
    loop {
        let (length, peer) = match socket.recv_from(&mut buffer).await {
            Ok(received) => received,
            Err(error) => {
                // an ICMP "port unreachable" for an earlier reply arrives here
                tracing::debug!(%error, "datagram not received");
                continue;
            }
        };
        let Some(request) = buffer.get(..length) else {
            continue;
        };
        let Some(reply) = answer(peer, request) else {
            continue;
        };
        if let Err(error) = socket.send_to(&reply, peer).await {
            tracing::debug!(%error, %peer, "datagram not sent");
        }
    }
}
