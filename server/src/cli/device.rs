//! `device invite|list|revoke`: phones, from the shell.

use super::{Data, person_or_operator};
use anyhow::Context;
use canvass_core::domain::{DeviceNumber, Duty, PersonId, Zone};
use canvass_core::wire::{Invitation, InvitationCode};
use canvass_server::app::PublicUrl;
use canvass_server::clock::{Clock, SystemClock};
use canvass_server::store::devices::{HandOver, InviteOrder, RevokeOrder, Revoked};
use canvass_server::store::{Clocks, Devices, Store};
use clap::Subcommand;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// What is done with phones.
#[derive(Debug, Subcommand)]
pub(crate) enum Device {
    /// Make an invitation for a person's phone: a code to scan, good for 15 minutes and one phone.
    Invite {
        /// Whose phone it will be.
        person: PersonId,
        /// Where phones reach this server: as `serve --public-url` has it.
        #[arg(long, value_name = "URL", default_value_t = PublicUrl::default(), env = "CANVASS_PUBLIC_URL")]
        public_url: PublicUrl,
        /// In whose name; otherwise the operator's.
        #[arg(long, value_name = "PERSON")]
        by: Option<PersonId>,
        #[command(flatten)]
        data: Data,
    },
    /// List all phones.
    List {
        #[command(flatten)]
        data: Data,
    },
    /// Revoke a phone: its very next request is answered by the order to wipe.
    Revoke {
        /// Its number.
        device: u32,
        /// Why, in up to 200 characters.
        #[arg(long, value_parser = one_line)]
        reason: String,
        /// Take what it had not pushed, once, for the branch leader to decide on.
        #[arg(long)]
        hand_over: bool,
        /// In whose name; otherwise the operator's.
        #[arg(long, value_name = "PERSON")]
        by: Option<PersonId>,
        #[command(flatten)]
        data: Data,
    },
}

/// Some words on one line, as the log and lists show them.
fn one_line(text: &str) -> Result<String, String> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= 200 && !text.contains(char::is_control);
    fits.then(|| text.to_owned()).ok_or_else(|| "say why in 1 to 200 characters on one line".to_owned())
}

impl Device {
    pub(crate) async fn run(self) -> anyhow::Result<bool> {
        match self {
            Self::Invite { person, public_url, by, data } => {
                let store = data.open_existing()?;
                let by = person_or_operator(&store, by, Duty::InviteDevices, None).await?;
                let invited = store.invite(InviteOrder { person, by, at: SystemClock.now() }).await?;
                let invitation = Invitation {
                    base: public_url.to_string(),
                    number: invited.number,
                    code: InvitationCode::new(invited.code),
                    fingerprint: store.secrets().fingerprint(),
                };
                let text = invitation.to_string();
                let code = QrCode::new(&text).context("the address is too long for a code to scan")?;
                println!("{}", code.render::<Dense1x2>().quiet_zone(true).build());
                println!("{text}\ngood until {} for one phone; five wrong codes make it void", invited.expires_at);
                if public_url == PublicUrl::default() {
                    println!("only this machine reaches that address: give --public-url for phones elsewhere");
                }
                Ok(true)
            }
            Self::List { data } => {
                let store = data.open_existing()?;
                let (bank, clocks) = (store.bank().await?, store.wrong_clocks().await?);
                for device in store.devices().await? {
                    let name = bank.person(&device.person).map_or("", |person| &person.name);
                    let time = |at: Option<_>| at.map_or_else(|| "never".to_owned(), |at| format!("{at}"));
                    let state = match &device.revoked {
                        None if device.enrolled_at.is_none() => "never enrolled".to_owned(),
                        None => "active".to_owned(),
                        Some(revoked) => {
                            let over = match revoked.hand_over {
                                HandOver::No => "",
                                HandOver::Offered => ", may hand over",
                                HandOver::Taken => ", handed over",
                            };
                            format!("revoked {} by {}: {}{over}", revoked.at, revoked.by, revoked.reason)
                        }
                    };
                    let (enrolled, seen) = (time(device.enrolled_at), time(device.seen_at));
                    let skew = clocks.get(&device.number);
                    let clock = skew.map_or_else(String::new, |skew| format!("\tits clock is {}", skew.said().1));
                    let (number, person) = (device.number, &device.person);
                    println!("{number}\t{person}\t{name}\tenrolled {enrolled}\tseen {seen}\t{state}{clock}");
                }
                Ok(true)
            }
            Self::Revoke { device, reason, hand_over, by, data } => {
                let store = data.open_existing()?;
                let number = DeviceNumber::phone(device)?;
                let bank = store.bank().await?;
                let today = SystemClock.now().date(&Zone::china());
                let home = bank.holder(number).and_then(|person| bank.home_unit(&person.id, today));
                let by = person_or_operator(&store, by, Duty::RevokeDevices, home).await?;
                let devices = Revoked::Device(number);
                let order = RevokeOrder { devices, by, reason, hand_over, at: SystemClock.now() };
                if store.revoke(order).await?.is_empty() {
                    println!("device {device} is not enrolled, or was revoked before: nothing changed");
                    return Ok(false);
                }
                println!("device {device} is revoked: its very next request is answered by the order to wipe");
                Ok(true)
            }
        }
    }
}
