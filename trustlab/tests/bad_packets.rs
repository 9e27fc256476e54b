//! Truncated, oversized, bit-flipped and random packets never stop the KDC: the next good request is served.

mod support;

use std::io::Write;
use std::net::{TcpStream, UdpSocket};
use std::time::Duration;

use kerberos::codes::ErrorCode;
use kerberos::wire::KrbError;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use support::{Lab, as_req, over_tcp, over_udp, sign_in, user_key};

/// On UDP; another tenth as many go by TCP, where each costs a connection.
const DATAGRAMS: u32 = 90_000;
const STREAMS: u32 = 10_000;
/// After how many bad packets a good one is sent.
const GOOD_EVERY: u32 = 2_000;

#[test]
fn a_hundred_thousand_bad_packets_stop_nothing() {
    let dir = tempfile::tempdir().expect("a directory");
    let lab = Lab::start(dir.path(), &["--kdc-only"]);
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let key = user_key(&lab.realm, "ada", &lab.password("ada"));
    let good = [
        as_req(&lab.realm, "ada", None, &mut rng).encode(),
        as_req(&lab.realm, "ada", Some(&key), &mut rng).encode(),
    ];

    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.connect(lab.kdc).expect("the KDC's address");
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
    for index in 0..DATAGRAMS {
        let bad = spoil(&good[index as usize % 2], &mut rng);
        // a datagram that is too large for the system is one that cannot arrive
        let _ = socket.send(&bad);
        if index % GOOD_EVERY == 0 {
            drain(&socket);
            assert_served(&over_udp(&socket, &good[0]).expect("a good request is answered over UDP"));
            drain(&socket);
        }
    }
    for index in 0..STREAMS {
        let bad = spoil(&good[index as usize % 2], &mut rng);
        let mut stream = TcpStream::connect(lab.kdc).expect("the KDC accepts connections");
        let announced = if rng.random_bool(0.5) {
            bad.len() as u32
        } else {
            rng.next_u32()
        };
        let _ = stream.write_all(&announced.to_be_bytes());
        let _ = stream.write_all(&bad);
        drop(stream);
        if index % GOOD_EVERY == 0 {
            assert_served(&over_tcp(lab.kdc, &good[0]).expect("a good request is answered over TCP"));
        }
    }
    sign_in(&lab, "ada", &key, &mut rng);
}

#[test]
fn an_announced_length_above_the_limit_is_answered_and_the_connection_closed() {
    let dir = tempfile::tempdir().expect("a directory");
    let lab = Lab::start(dir.path(), &["--kdc-only"]);
    for length in [128 * 1024 + 1, 0x8000_0001_u32, u32::MAX] {
        use std::io::Read;
        let mut stream = TcpStream::connect(lab.kdc).expect("a connection");
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .expect("a time-out");
        stream.write_all(&length.to_be_bytes()).expect("sent");
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).expect("answered, then closed");
        let error = KrbError::decode(&answer[4..]).expect("a KRB-ERROR");
        assert_eq!(error.error_code, ErrorCode::FIELD_TOOLONG);
    }
}

/// A request without pre-authentication is served with the error that asks for it.
fn assert_served(reply: &[u8]) {
    let error = KrbError::decode(reply).expect("a KRB-ERROR");
    assert_eq!(error.error_code, ErrorCode::PREAUTH_REQUIRED);
}

/// Takes the answers to bad packets off the socket, until none came for a while.
fn drain(socket: &UdpSocket) {
    let mut buffer = [0; 65_535];
    socket
        .set_read_timeout(Some(Duration::from_millis(100)))
        .expect("a time-out");
    while socket.recv(&mut buffer).is_ok() {}
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .expect("a time-out");
}

fn spoil(good: &[u8], rng: &mut ChaCha12Rng) -> Vec<u8> {
    let mut bad = good.to_vec();
    match rng.random_range(0..5) {
        0 => bad.truncate(rng.random_range(0..bad.len())),
        1 => {
            for _ in 0..rng.random_range(1..8) {
                let at = rng.random_range(0..bad.len());
                bad[at] ^= 1 << rng.random_range(0..8);
            }
        }
        2 => {
            bad = vec![0; rng.random_range(0..2_000)];
            rng.fill_bytes(&mut bad);
        }
        3 => bad.extend(core::iter::repeat_n(0x30, rng.random_range(1..60_000))),
        _ => {
            // a length field says more, or less, than there is
            let at = rng.random_range(1..bad.len().min(40));
            bad[at] = rng.random();
        }
    }
    bad
}
