//! Promises of the bytes of attachments: whole and verified or not there, sealed, bounded, and gone when nobody names them.

use super::*;
use canvass_core::domain::ServerTime;
use futures_util::TryStreamExt;

fn secrets() -> Secrets {
    Secrets::from_master([7; 32]).expect("secrets")
}

/// Bytes that tell every place from every other.
fn bytes(n: u8, size: u64) -> Vec<u8> {
    (0..size).map(|at| n.wrapping_add(at.wrapping_mul(31).to_le_bytes()[usize::from(at % 3 == 0)])).collect()
}

fn named(n: u8, bytes: &[u8]) -> Named {
    Named { record: RecordId::new(1, [n; 10]), digest: Digest::of(bytes) }
}

const PHONE: DeviceNumber = DeviceNumber::new(7);

/// Brings the rest, so many units at a time. Returns what the last piece came to.
async fn bring(blobs: &Blobs, device: DeviceNumber, named: &Named, bytes: &[u8], units: u64) -> Held {
    let size = bytes.len() as u64;
    loop {
        let Held::Partly(offset) = blobs.held(device, named, size).await.expect("told") else {
            panic!("nothing is left to bring")
        };
        let end = size.min(offset + units * UNIT);
        let at = |place| usize::try_from(place).expect("few");
        match blobs.put(device, named, size, offset, &bytes[at(offset)..at(end)]).await.expect("put") {
            Held::Partly(reached) => assert_eq!(reached, end),
            held => return held,
        }
    }
}

/// All that lies in a place, as it lies there.
async fn lying(place: &dyn ObjectStore) -> Vec<u8> {
    let found: Vec<_> = place.list(None).try_collect().await.expect("listed");
    let mut all = Vec::new();
    for object in found {
        all.extend(place.get(&object.location).await.expect("there").bytes().await.expect("read"));
    }
    all
}

fn later(millis: i64) -> ServerTime {
    ServerTime::from_millis(4_000_000_000_000 + millis).expect("in range")
}

#[tokio::test]
async fn what_came_in_pieces_is_whole_and_read_from_any_unit_on() {
    let blobs = Blobs::in_memory(secrets());
    for (n, size) in [(1, 1), (2, UNIT), (3, UNIT + 1), (4, 9 * UNIT + 17)] {
        let photo = bytes(n, size);
        let named = named(n, &photo);
        assert_eq!(bring(&blobs, PHONE, &named, &photo, 1 + u64::from(n % 4)).await, Held::Whole);
        for offset in (0..size).step_by(65_536) {
            let piece = blobs.get(&named, size, offset, 4 * UNIT).await.expect("read").expect("there");
            let from = usize::try_from(offset).expect("few");
            assert_eq!(piece, photo[from..photo.len().min(from + 4 * 65_536)], "{size} from {offset}");
        }
        assert_eq!(blobs.get(&named, size, size.next_multiple_of(UNIT), UNIT).await.expect("read"), None);
        assert_eq!(blobs.held(PHONE, &named, size).await.expect("told"), Held::Whole);
    }
    assert!(lying(blobs.0.spool.pieces_for_tests()).await.is_empty(), "nothing half sent is left");
}

#[tokio::test]
async fn other_bytes_than_the_record_names_never_become_it() {
    let blobs = Blobs::in_memory(secrets());
    let (photo, other) = (bytes(1, 3 * UNIT), bytes(2, 3 * UNIT));
    let named = named(1, &photo);
    assert_eq!(bring(&blobs, PHONE, &named, &other, 2).await, Held::OtherBytes);
    assert_eq!(blobs.held(PHONE, &named, 3 * UNIT).await.expect("told"), Held::Partly(0), "it is begun anew");
    assert_eq!(blobs.get(&named, 3 * UNIT, 0, UNIT).await.expect("read"), None);
    assert_eq!(bring(&blobs, PHONE, &named, &photo, 2).await, Held::Whole);
}

#[tokio::test]
async fn a_piece_is_taken_only_where_the_last_one_ended_and_only_within_bounds() {
    let blobs = Blobs::in_memory(secrets());
    let photo = bytes(1, 6 * UNIT);
    let named = named(1, &photo);
    let put = async |offset: u64, length: u64| {
        let piece = bytes(1, length);
        blobs.put(PHONE, &named, 6 * UNIT, offset, &piece).await.expect("answered")
    };
    assert_eq!(put(UNIT, UNIT).await, Held::Partly(0), "a gap");
    assert_eq!(put(0, 0).await, Held::Partly(0));
    assert_eq!(put(0, UNIT - 1).await, Held::Partly(0), "only whole units, but for the end");
    assert_eq!(put(0, 5 * UNIT).await, Held::Partly(0), "more than a piece may have");
    assert_eq!(put(0, 2 * UNIT).await, Held::Partly(2 * UNIT));
    assert_eq!(put(0, 2 * UNIT).await, Held::Partly(2 * UNIT), "sent twice");
    assert_eq!(put(2 * UNIT, 4 * UNIT + 1).await, Held::Partly(2 * UNIT));
    let beyond = blobs.put(PHONE, &named, UNIT, 0, &bytes(1, 2 * UNIT)).await.expect("answered");
    assert!(matches!(beyond, Held::Partly(_)), "more than its record says");
}

#[tokio::test]
async fn nothing_of_a_photo_lies_readable_anywhere_and_damage_is_found_out() {
    let blobs = Blobs::in_memory(secrets());
    let photo = "周建国的照片".repeat(20_000).into_bytes();
    let (named, size) = (named(1, &photo), photo.len() as u64);
    let plain = |lying: &[u8]| lying.windows(6).any(|bytes| bytes == "周建".as_bytes());
    assert_eq!(blobs.put(PHONE, &named, size, 0, &photo[..65_536]).await.expect("put"), Held::Partly(UNIT));
    let waiting = lying(blobs.0.spool.pieces_for_tests()).await;
    assert!(waiting.len() > 65_536 && !plain(&waiting));
    assert_eq!(bring(&blobs, PHONE, &named, &photo, 4).await, Held::Whole);
    let mut kept = lying(&*blobs.0.kept).await;
    assert!(kept.len() > photo.len() && !plain(&kept));
    kept[70_000] ^= 1;
    blobs.0.kept.put(&blobs.path_of(&named), kept.into()).await.expect("damaged");
    assert_eq!(blobs.get(&named, size, UNIT, UNIT).await.expect("answered"), None);
    assert_eq!(blobs.held(PHONE, &named, size).await.expect("told"), Held::Partly(0), "a phone brings it again");
}

#[tokio::test]
async fn one_records_bytes_are_never_given_out_as_anothers() {
    let blobs = Blobs::in_memory(secrets());
    let photo = bytes(1, 2 * UNIT);
    let (own, elsewhere) = (named(1, &photo), named(2, &photo));
    assert_eq!(bring(&blobs, PHONE, &own, &photo, 4).await, Held::Whole);
    assert_eq!(blobs.held(PHONE, &elsewhere, 2 * UNIT).await.expect("told"), Held::Partly(0));
    assert_eq!(blobs.get(&elsewhere, 2 * UNIT, 0, UNIT).await.expect("read"), None);
    // Not even put there by somebody's hand.
    let sealed = lying(&*blobs.0.kept).await;
    blobs.0.kept.put(&blobs.path_of(&elsewhere), sealed.into()).await.expect("put");
    assert_eq!(blobs.get(&elsewhere, 2 * UNIT, 0, UNIT).await.expect("read"), None);
}

#[tokio::test]
async fn a_phone_has_only_so_much_half_sent_and_what_nobody_goes_on_with_is_removed() {
    let blobs = Blobs::in_memory(secrets());
    let photo = bytes(1, 2 * UNIT);
    let begin = async |n: u8| {
        let named = named(n, &photo);
        let held = blobs.put(PHONE, &named, 2 * UNIT, 0, &photo[..65_536]).await.expect("put");
        assert_eq!(held, Held::Partly(UNIT));
    };
    for n in 1..=9 {
        begin(n).await;
    }
    let mut waiting = 0;
    for n in 1..=9 {
        let held = blobs.held(PHONE, &named(n, &photo), 2 * UNIT).await.expect("told");
        waiting += u32::from(held == Held::Partly(UNIT));
    }
    assert_eq!(waiting, 4);
    assert_eq!(blobs.held(PHONE, &named(9, &photo), 2 * UNIT).await.expect("told"), Held::Partly(UNIT));
    assert_eq!(blobs.tidy(ServerTime::from_millis(0).expect("a time")).await.expect("tidied"), 0, "they are young");
    assert_eq!(blobs.tidy(later(0)).await.expect("tidied"), 4);
    assert!(lying(blobs.0.spool.pieces_for_tests()).await.is_empty());
}

#[tokio::test]
async fn what_lies_in_a_folder_is_there_after_a_restart_half_sent_or_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let place: BlobPlace = folder.path().join("kept").to_str().expect("text").parse().expect("a place");
    let open = || Blobs::open(&place, &folder.path().join("partial"), secrets()).expect("opened");
    let photo = bytes(1, 5 * UNIT + 3);
    let (named, size) = (named(1, &photo), photo.len() as u64);
    assert_eq!(open().put(PHONE, &named, size, 0, &photo[..131_072]).await.expect("put"), Held::Partly(2 * UNIT));
    assert_eq!(open().held(PHONE, &named, size).await.expect("told"), Held::Partly(2 * UNIT));
    assert_eq!(bring(&open(), PHONE, &named, &photo, 4).await, Held::Whole);
    let read = open().get(&named, size, 4 * UNIT, 4 * UNIT).await.expect("read").expect("there");
    assert_eq!(read, photo[4 * 65_536..]);
    assert_eq!(open().erase(named.record).await.expect("erased"), 1);
    assert_eq!(open().held(PHONE, &named, size).await.expect("told"), Held::Partly(0));
    assert_eq!(std::fs::read_dir(folder.path().join("kept")).expect("a folder").count(), 0, "no trace of its name");
}

#[test]
fn a_place_is_a_folder_or_a_bucket_and_anything_else_is_said_to_be_neither() {
    assert_eq!("/srv/a".parse(), Ok(BlobPlace::Folder("/srv/a".into())));
    assert_eq!("file:///srv/a".parse(), Ok(BlobPlace::Folder("/srv/a".into())));
    assert_eq!("s3://bucket/x".parse(), Ok(BlobPlace::Bucket("s3://bucket/x".into())));
    for bad in ["", "https://example.com/x", "s3://"] {
        assert!(bad.parse::<BlobPlace>().is_err(), "{bad}");
    }
    let bucket = BlobPlace::Bucket("s3://bucket/x".into());
    assert!(cfg!(feature = "s3") || matches!(bucket.open(), Err(BlobError::Place { .. })));
}
