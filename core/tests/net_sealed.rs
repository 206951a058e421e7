//! Sealed clusters over real sockets: join, broadcasts, rotation, files of keys, and who is kept out.

#![allow(clippy::expect_used)] // also in what tests share

mod net_support;

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use net_support::{
    LONG, address, cluster_name, config, crash, events, eventually, ready, start, wait_for,
    wait_status,
};
use seafoam::{Cluster, Config, ErrorCode, Event, NodeStatus, generate_key};

fn key() -> String {
    generate_key().expect("the system has random bytes")
}

fn sealed(cluster: &str, keys: &[&str]) -> Config {
    config(cluster).keys(keys.join(","))
}

fn join_sealed(cluster: &str, keys: &[&str], seed: &Cluster) -> Cluster {
    start(sealed(cluster, keys).initial_hosts([address(seed).as_str()]))
}

#[test]
fn sealed_nodes_join_hear_broadcasts_and_see_a_crash() {
    let (name, key) = (cluster_name(), key());
    let first = start(sealed(&name, &[&key]));
    let second = join_sealed(&name, &[&key], &first);
    let third = join_sealed(&name, &[&key], &first);
    ready(&[&first, &second, &third], 3);
    let heard = events(&third);
    first.broadcast(b"tide").expect("it is sent");
    let is_tide =
        |event: &Event| matches!(event, Event::Broadcast { bytes, .. } if &**bytes == b"tide");
    wait_for(&heard, "the broadcast", is_tide);
    let gone = second.local_node().expect("it is open").name.to_string();
    crash(second);
    wait_status(&heard, &gone, NodeStatus::Dead);
    let stats = first.stats().expect("it is open");
    assert!(stats.sessions >= 1 && stats.keys == 1, "{stats:?}");
    assert_eq!(
        stats.dropped_forged + stats.dropped_sealed + stats.dropped_unsealed,
        0,
        "{stats:?}"
    );
}

#[test]
fn who_lacks_the_key_or_is_of_another_cluster_is_kept_out_and_counted() {
    let name = cluster_name();
    let first = start(sealed(&name, &[&key()]));
    let wrong = join_sealed(&name, &[&key()], &first);
    eventually("a wrong key is counted", || {
        first.stats().is_ok_and(|stats| stats.dropped_sealed > 0)
    });
    let foreign = join_sealed(&cluster_name(), &[&key()], &first);
    eventually("a foreign cluster is counted", || {
        first.stats().is_ok_and(|stats| stats.dropped_foreign_cluster > 0)
    });
    let plain = start(config(&name).initial_hosts([address(&first).as_str()]));
    let _ = plain.ping_node(&address(&first)).wait();
    eventually("plain datagrams are counted", || {
        first.stats().is_ok_and(|stats| stats.dropped_unsealed > 0)
    });
    for cluster in [&first, &wrong, &foreign, &plain] {
        assert_eq!(cluster.healthy_nodes().map(|nodes| nodes.len()), Ok(1), "{cluster:?}");
    }
}

#[test]
fn nothing_unauthenticated_is_answered() {
    let first = start(sealed(&cluster_name(), &[&key()]));
    let to = address(&first);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.set_read_timeout(Some(Duration::from_millis(300))).expect("a timeout");
    for length in [0_usize, 1, 2, 6, 7, 8, 30, 31, 40, 78, 100, 1200] {
        for first_byte in [0_u8, 1, 0x41, 0x81, 0xff] {
            let bytes: Vec<u8> =
                (0..length).map(|i| if i == 0 { first_byte } else { (i * 37) as u8 }).collect();
            socket.send_to(&bytes, &to).expect("it is sent");
        }
    }
    let answer = socket.recv_from(&mut [0; 2000]);
    assert!(answer.is_err(), "{answer:?}");
    eventually("all are counted", || {
        first.stats().is_ok_and(|stats| stats.datagrams_received >= 60)
    });
    // Over TCP: a wrong greeting closes the connection without a byte.
    let mut stream = TcpStream::connect(&to).expect("it listens");
    stream.set_read_timeout(Some(LONG)).expect("a timeout");
    stream.write_all(&[7; 39]).expect("it takes it");
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(answer, b"");
}

#[test]
fn silent_connections_keep_nobody_from_joining() {
    let (name, key) = (cluster_name(), key());
    let first = start(sealed(&name, &[&key]));
    let silent: Vec<_> = (0..64).filter_map(|_| TcpStream::connect(address(&first)).ok()).collect();
    let begin = Instant::now();
    let second = join_sealed(&name, &[&key], &first);
    ready(&[&first, &second], 2);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    drop(silent);
}

#[test]
fn a_key_is_rotated_once_everybody_has_it_and_nobody_is_lost() {
    let (name, old, new) = (cluster_name(), key(), key());
    let first = start(sealed(&name, &[&old]));
    let others = [join_sealed(&name, &[&old], &first), join_sealed(&name, &[&old], &first)];
    let all = [&first, &others[0], &others[1]];
    ready(&all, 3);
    let old_id = first.keyring().list().expect("it is open")[0].id.clone();
    let new_id = first.keyring().install(&new).expect("it is a key");
    others[0].keyring().install(&new).expect("it is a key");

    let error =
        first.keyring().rotate(&new_id, Duration::from_secs(1)).wait().expect_err("one lacks it");
    assert_eq!(error.code(), ErrorCode::Timeout);
    let lacking = others[1].local_node().expect("it is open").name.to_string();
    assert!(error.message().contains(&lacking) && !error.message().contains(&new), "{error}");
    assert_eq!(first.keyring().list().map(|keys| keys[0].id.clone()), Ok(old_id.clone()));
    let report = first.keyring().report(LONG).wait().expect("all answer");
    assert_eq!(report.len(), 3);
    for member in &report {
        let expected = if *member.name == *lacking { 1 } else { 2 };
        assert!(member.answered && member.keys.len() == expected, "{member:?}");
    }

    others[1].keyring().install(&new).expect("it is a key");
    let report = first.keyring().rotate(&new_id, LONG).wait().expect("all have it");
    assert!(
        report.iter().all(|member| member.keys == [new_id.clone(), old_id.clone()]),
        "{report:?}"
    );
    for cluster in all {
        cluster.keyring().retire(&old_id).expect("it does not seal");
        assert!(cluster.keyring().retire(&new_id).is_err(), "it seals");
        let shown = cluster.get("keys").expect("it is open");
        assert_eq!(shown, format!("key 1: 32 bytes, id {new_id}"));
    }
    let late = join_sealed(&name, &[&new], &first);
    ready(&[all[0], all[1], all[2], &late], 4);
}

#[test]
fn keys_come_from_a_file_that_nobody_else_may_read() {
    let path = std::env::temp_dir().join(format!("{}.keys", cluster_name()));
    let text = path.to_str().expect("a path in UTF-8").to_owned();
    let (one, two) = (key(), key());
    let write = |keys: &str| std::fs::write(&path, keys).expect("it is written");
    write(&format!("# present\n{one}\n"));
    let name = cluster_name();
    let with_file = || config(&name).keys_file(text.as_str());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |mode| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
        };
        mode(0o640);
        let error = Cluster::start(with_file()).wait().expect_err("others may read it");
        assert!(error.message().contains("chmod 600"), "{error}");
        mode(0o600);
    }
    let first = start(with_file());
    let second = join_sealed(&name, &[&one], &first);
    ready(&[&first, &second], 2);
    write(&format!("{two}\n{one}\n"));
    let keys = first.keyring().reload().expect("it holds keys");
    assert_eq!((keys.len(), keys[0].seals), (2, true));
    write(&format!("{two}\nsecret\n"));
    let error = first.keyring().reload().expect_err("no key");
    assert_eq!(error.code(), ErrorCode::BadKey);
    assert!(error.message().contains("key 2") && !error.message().contains("secret"), "{error}");
    assert_eq!(first.keyring().list(), Ok(keys), "nothing was changed");
    std::fs::remove_file(&path).expect("it was there");
    assert!(Cluster::start(with_file()).wait().is_err());
}

#[test]
fn beyond_loopback_a_key_or_insecure_is_needed() {
    let beyond = |config: Config| config.listen_ip("0.0.0.0");
    let name = cluster_name();
    let error = Cluster::start(beyond(config(&name))).wait().expect_err("no key");
    assert_eq!(error.code(), ErrorCode::KeyRequired);
    assert!(error.message().contains("generate_key"), "{error}");
    assert!(Cluster::start(beyond(sealed(&name, &[&key()]))).wait().is_ok());
    let error = Cluster::start(sealed(&name, &["c2hvcnQ="])).wait().expect_err("5 bytes");
    assert_eq!(error.code(), ErrorCode::BadKey);
    assert!(
        error.message().contains("keys: key 1: a key has 32 bytes, and this one has 5"),
        "{error}"
    );
    let plain = start(config(&name));
    assert_eq!(plain.keyring().list(), Ok(Vec::new()));
    let error = plain.keyring().install(&key()).expect_err("plain");
    assert_eq!(error.code(), ErrorCode::BadKey);
}
