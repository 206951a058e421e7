//! The program of README.md: says hello to whoever else is there, and hears one.
#![allow(clippy::print_stdout)] // as its readers would write it

use std::time::Duration;

use futures::StreamExt;
use seafoam::{Cluster, Config, Event, EventOptions};

const TEN_SECONDS: Duration = Duration::from_secs(10);

async fn hello() -> seafoam::Result<()> {
    // snippet
    let cluster = Cluster::start(Config::from_env()?).await?;
    let mut events = cluster.events(EventOptions::default())?;
    cluster.ready(2, false, TEN_SECONDS).await?; // until somebody else is there
    cluster.broadcast(b"hello")?;
    while let Some(event) = events.next().await {
        if let Event::Status { node, status, .. } = &*event {
            println!("{} is {status}", node.name);
        }
        if let Event::Broadcast { origin, bytes, .. } = &*event {
            println!("{} says {}", origin.name, String::from_utf8_lossy(bytes));
            break;
        }
    }
    cluster.leave(TEN_SECONDS).await?; // the others see LEFT, not a crash
    // end
    cluster.close().await
}

fn main() -> seafoam::Result<()> {
    futures::executor::block_on(hello())
}
