//! A run as a capture for Wireshark: pcapng, one block a message, with the TCP segments that would have carried it.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::{EnhancedPacketBlock, EnhancedPacketOption};
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};

/// One message as the capture needs it.
pub(crate) struct Packet<'a> {
    /// When it was sent.
    pub(crate) time_micros: i64,
    /// Who sent it, with the port.
    pub(crate) source: SocketAddr,
    /// Who received it, with the port.
    pub(crate) destination: SocketAddr,
    /// UDP or TCP.
    pub(crate) transport: Transport,
    /// The octets above UDP or TCP, without framing.
    pub(crate) payload: &'a [u8],
    /// What a reader of the capture should know.
    pub(crate) comment: Option<&'a str>,
}

/// How a message travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    /// One datagram.
    Udp,
    /// TCP, with the length of RFC 4120 section 7.2.2 before the message.
    KerberosTcp,
    /// TCP, as it is.
    Tcp,
}

/// Writes a capture. A request and its reply must have their addresses swapped; each such pair is a connection.
pub(crate) struct Capture<W: Write> {
    writer: PcapNgWriter<W>,
    connections: Vec<Connection>,
}

struct Connection {
    client: SocketAddr,
    server: SocketAddr,
    client_sequence: u32,
    server_sequence: u32,
}

impl<W: Write> Capture<W> {
    /// Begins a capture of raw IP packets with times in microseconds.
    pub(crate) fn new(writer: W) -> io::Result<Self> {
        let mut writer = PcapNgWriter::new(writer).map_err(io::Error::other)?;
        let interface = InterfaceDescriptionBlock {
            linktype: DataLink::RAW,
            snaplen: 0,
            options: vec![
                InterfaceDescriptionOption::IfName("trustlab".into()),
                InterfaceDescriptionOption::IfDescription(
                    "simulated network; HTTPS is recorded as HTTP/1.1 in clear".into(),
                ),
                // 10^-9: the unit in which this library writes times
                InterfaceDescriptionOption::IfTsResol(9),
            ],
        };
        writer.write_pcapng_block(interface).map_err(io::Error::other)?;
        Ok(Self {
            writer,
            connections: Vec::new(),
        })
    }

    /// Adds a message. A message that no IP packet can carry (64 KiB) is left out, and the caller is told.
    pub(crate) fn write(&mut self, packet: &Packet<'_>) -> io::Result<()> {
        let framed;
        let payload = match packet.transport {
            Transport::KerberosTcp => {
                let length = u32::try_from(packet.payload.len()).map_err(io::Error::other)?;
                framed = [&length.to_be_bytes(), packet.payload].concat();
                framed.as_slice()
            }
            Transport::Udp | Transport::Tcp => packet.payload,
        };
        if packet.transport == Transport::Udp {
            let datagram = udp(packet.source, packet.destination, payload)?;
            return self.block(packet.time_micros, datagram, packet.comment);
        }
        self.segment(packet, payload)
    }

    /// Ends the connection of two ends: what they send later is another one.
    pub(crate) fn end(&mut self, client: SocketAddr, server: SocketAddr) {
        self.connections
            .retain(|connection| (connection.client, connection.server) != (client, server));
    }

    /// Hands what was written to the system, so that it stays when this program is killed.
    pub(crate) fn flush(&mut self) -> io::Result<&mut W> {
        let writer = self.writer.get_mut();
        writer.flush()?;
        Ok(writer)
    }

    fn segment(&mut self, packet: &Packet<'_>, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        let (index, from_client) = match self.find(packet.source, packet.destination) {
            Some(found) => found,
            None => (self.open(packet)?, true),
        };
        let Some(connection) = self.connections.get_mut(index) else {
            return Err(io::Error::other("connection lost"));
        };
        let (sequence, acknowledged) = if from_client {
            (&mut connection.client_sequence, connection.server_sequence)
        } else {
            (&mut connection.server_sequence, connection.client_sequence)
        };
        let at = *sequence;
        *sequence = sequence.wrapping_add(length);
        let segment = tcp(
            packet.source,
            packet.destination,
            at,
            Some(acknowledged),
            TcpKind::Data,
            payload,
        )?;
        self.block(packet.time_micros, segment, packet.comment)
    }

    /// The connection of two ends, and whether the first end is its client.
    fn find(&self, source: SocketAddr, destination: SocketAddr) -> Option<(usize, bool)> {
        self.connections
            .iter()
            .enumerate()
            .find_map(|(index, connection)| {
                let ends = (connection.client, connection.server);
                if ends == (source, destination) {
                    Some((index, true))
                } else if ends == (destination, source) {
                    Some((index, false))
                } else {
                    None
                }
            })
    }

    /// The three-way hand-shake before the first message of a connection.
    fn open(&mut self, packet: &Packet<'_>) -> io::Result<usize> {
        let (client, server, time) = (packet.source, packet.destination, packet.time_micros);
        self.block(time, tcp(client, server, 0, None, TcpKind::Syn, &[])?, None)?;
        self.block(time, tcp(server, client, 0, Some(1), TcpKind::Syn, &[])?, None)?;
        self.block(time, tcp(client, server, 1, Some(1), TcpKind::Data, &[])?, None)?;
        self.connections.push(Connection {
            client,
            server,
            client_sequence: 1,
            server_sequence: 1,
        });
        Ok(self.connections.len() - 1)
    }

    fn block(&mut self, time_micros: i64, packet: Vec<u8>, comment: Option<&str>) -> io::Result<()> {
        let options = comment
            .map(|comment| EnhancedPacketOption::Comment(comment.into()))
            .into_iter()
            .collect();
        let block = EnhancedPacketBlock {
            interface_id: 0,
            timestamp: Duration::from_micros(u64::try_from(time_micros).unwrap_or(0)),
            original_len: u32::try_from(packet.len()).map_err(io::Error::other)?,
            data: packet.into(),
            options,
        };
        self.writer.write_pcapng_block(block).map_err(io::Error::other)?;
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum TcpKind {
    Syn,
    Data,
}

fn tcp(
    source: SocketAddr,
    destination: SocketAddr,
    sequence: u32,
    acknowledged: Option<u32>,
    kind: TcpKind,
    payload: &[u8],
) -> io::Result<Vec<u8>> {
    let (from, to) = (v4(source)?, v4(destination)?);
    let mut builder =
        PacketBuilder::ipv4(from, to, 64).tcp(source.port(), destination.port(), sequence, u16::MAX);
    if kind == TcpKind::Syn {
        builder = builder.syn();
    }
    if let Some(acknowledged) = acknowledged {
        builder = builder.ack(acknowledged);
    }
    if !payload.is_empty() {
        builder = builder.psh();
    }
    let mut packet = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut packet, payload).map_err(io::Error::other)?;
    Ok(packet)
}

fn udp(source: SocketAddr, destination: SocketAddr, payload: &[u8]) -> io::Result<Vec<u8>> {
    let builder =
        PacketBuilder::ipv4(v4(source)?, v4(destination)?, 64).udp(source.port(), destination.port());
    let mut packet = Vec::with_capacity(builder.size(payload.len()));
    builder.write(&mut packet, payload).map_err(io::Error::other)?;
    Ok(packet)
}

fn v4(address: SocketAddr) -> io::Result<[u8; 4]> {
    match address.ip() {
        IpAddr::V4(address) => Ok(Ipv4Addr::octets(&address)),
        IpAddr::V6(address) => Err(io::Error::other(format!("{address}: captures hold IPv4 only"))),
    }
}
