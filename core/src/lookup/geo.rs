//! How far places are apart, as far as it matters to who goes there. Distances order lists; they decide no rank and no right.

use crate::domain::GeoPoint;

/// A place in a list: half the size of a [`GeoPoint`], without the accuracy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Spot {
    /// Latitude in 10⁻⁷ degree.
    pub lat_e7: i32,
    /// Longitude in 10⁻⁷ degree.
    pub lon_e7: i32,
}

impl From<GeoPoint> for Spot {
    fn from(point: GeoPoint) -> Self {
        // A point keeps within the globe, and the globe within 32 bits.
        let narrow = |e7: i64| i32::try_from(e7).unwrap_or_default();
        Self { lat_e7: narrow(point.lat_e7()), lon_e7: narrow(point.lon_e7()) }
    }
}

/// Metres of 10⁻⁷ degree along a meridian.
const METRES: f64 = 0.011_119_492_66;

/// The distance in metres: exact to a thousandth within a city.
pub fn metres(a: Spot, b: Spot) -> f64 {
    let lat = f64::from(a.lat_e7) - f64::from(b.lat_e7);
    let mut lon = (f64::from(a.lon_e7) - f64::from(b.lon_e7)).abs();
    if lon > 1.8e9 {
        lon = 3.6e9 - lon;
    }
    let middle = (f64::from(a.lat_e7) + f64::from(b.lat_e7)) / 2e7;
    let (x, y) = (lon * middle.to_radians().cos() * METRES, lat * METRES);
    x.hypot(y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spot(lat: i64, lon: i64) -> Spot {
        GeoPoint::new(lat, lon, 0).expect("on the globe").into()
    }

    #[test]
    fn distances_are_those_of_the_map() {
        // People's Square to the Bund at Nanjing Road in Shanghai, by the great circle.
        let far = metres(spot(312_304_000, 1_214_737_000), spot(312_397_000, 1_214_905_000));
        assert!((far - 1_903.0).abs() < 5.0, "{far}");
        let over_the_date_line = metres(spot(0, 1_799_990_000), spot(0, -1_799_990_000));
        assert!((over_the_date_line - 222.4).abs() < 0.1, "{over_the_date_line}");
    }
}
