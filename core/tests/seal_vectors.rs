//! `core/tests/vectors/seal.json`: sealed packets and streams with everything that they are made of, for
//! implementations in any language. `BLESS=1` rewrites it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use seafoam::proto::hash;
use seafoam::proto::seal::{
    Greeting, HELLO_BYTES, Key, Nonce, StreamKeys, open_long, open_short, seal_long, seal_short,
};
use serde_json::{Value, json};

const NAME: &str = "reef";
/// A PING of `wire.json` without its header.
const BODY: [u8; 14] = [1, 12, 1, 0, 0, 0, 4, 3, 2, 1, 8, 7, 6, 5];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn key(first: u8) -> (Key, [u8; 32]) {
    let bytes = std::array::from_fn(|place| first.wrapping_add(place as u8));
    (Key::new(bytes).unwrap(), bytes)
}

fn key_row(first: u8) -> Value {
    let (key, bytes) = key(first);
    json!({ "bytes": hex(&bytes), "base64": key.secret_text().as_str(), "id": key.id().to_string(),
        "id_on_the_wire": hex(&key.id().0.to_le_bytes()) })
}

fn packet(name: &str, short: bool, to: u64, counter: u64, cookie: Option<[u8; 12]>) -> Value {
    let (key, bytes) = key(0);
    let cluster = (hash::cluster_tag(NAME), NAME);
    let nonce =
        Nonce { session: 0x1122_3344_5566_7788, counter, fresh: [0xa0, 1, 2, 3, 4, 5, 6, 7] };
    let (mut sealed, mut into) = (Vec::new(), Vec::new());
    if short {
        assert!(seal_short(&key, cluster, &nonce, to, &BODY, &mut sealed));
        let sender = (nonce.session, counter);
        let body = open_short(&key, cluster, sender, to, &sealed, &mut into).unwrap();
        assert_eq!(body, BODY);
    } else {
        assert!(seal_long(&key, cluster, &nonce, to, cookie.as_ref(), &BODY, &mut sealed));
        let long = open_long(&key, cluster, &sealed, &mut into).unwrap();
        assert_eq!((long.nonce, long.to, long.cookie, long.body), (nonce, to, cookie, &BODY[..]));
    }
    json!({
        "name": name, "form": if short { "short" } else { "long" }, "cluster_name": NAME,
        "cluster_tag": hex(&cluster.0.to_le_bytes()), "key": hex(&bytes),
        "session": hex(&nonce.session.to_le_bytes()), "counter": counter, "fresh": hex(&nonce.fresh),
        "to": hex(&to.to_le_bytes()), "cookie": cookie.map(|cookie| hex(&cookie)),
        "body": hex(&BODY), "sealed": hex(&sealed),
    })
}

fn stream() -> Value {
    let (key, bytes) = key(0);
    let greeting = |random: u8| {
        let mut bytes = [random; HELLO_BYTES];
        bytes[0] = 0x41;
        bytes[1..3].copy_from_slice(&key.id().0.to_le_bytes());
        bytes[3..7].copy_from_slice(&hash::cluster_tag(NAME).to_le_bytes());
        Greeting { bytes }
    };
    let (client, server) = (greeting(0xc1), greeting(0x5e));
    let keys = StreamKeys::new(&key, NAME, &client, &server).unwrap();
    let (mut to_server, _) = keys.client();
    let (mut to_client, _) = keys.server();
    let frames = |sealer: &mut seafoam::proto::seal::StreamSealer| {
        [&b"request"[..], b"and more"].map(|text| hex(&sealer.seal(text).unwrap()))
    };
    let plain = ["request", "and more"].map(|text| hex(text.as_bytes()));
    json!({
        "cluster_name": NAME, "key": hex(&bytes), "client_greeting": hex(&client.bytes),
        "server_greeting": hex(&server.bytes), "plain": plain,
        "to_server": frames(&mut to_server), "to_client": frames(&mut to_client),
    })
}

fn made() -> Value {
    json!({
        "keys": [key_row(0), key_row(0x80)],
        "datagrams": [
            packet("long, receiver unknown", false, 0, 1, None),
            packet("long, with a cookie", false, 0x99aa_bbcc_ddee_ff00, 2, Some([0xc0; 12])),
            packet("short", true, 0x99aa_bbcc_ddee_ff00, 3, None),
            packet("short, beyond the low bits of the counter", true, 7, 0x0102_0304_0506, None),
        ],
        "streams": [stream()],
    })
}

#[test]
fn the_committed_vectors_are_what_sealing_makes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/seal.json");
    let made = format!("{:#}\n", made());
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &made).expect("the vectors can be written");
    }
    let committed = std::fs::read_to_string(&path).expect("the vectors are committed");
    assert!(committed == made, "sealed bytes changed: a wire version would have to");
}

#[test]
fn the_sizes_are_those_of_the_document() {
    let all = made();
    let size = |index: usize| all["datagrams"][index]["sealed"].as_str().unwrap().len() / 2;
    assert_eq!([size(0), size(1), size(2), size(3)], [70, 82, 44, 44]);
}
