//! A place on the map. Records hold WGS-84; a Chinese map's GCJ-02 is converted at the edge.

use super::Invalid;

/// A WGS-84 point with the accuracy its receiver claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GeoPoint {
    lat_e7: i64,
    lon_e7: i64,
    accuracy_m: u32,
}

impl GeoPoint {
    /// Latitude's bound in units of 10⁻⁷ degree.
    pub const LAT_MAX: i64 = 900_000_000;
    /// Longitude's bound in units of 10⁻⁷ degree.
    pub const LON_MAX: i64 = 1_800_000_000;

    /// A point from integers of 10⁻⁷ degree and an accuracy in metres.
    ///
    /// # Errors
    /// When a coordinate lies beyond the globe.
    pub fn new(lat_e7: i64, lon_e7: i64, accuracy_m: u32) -> Result<Self, Invalid> {
        if !(-Self::LAT_MAX..=Self::LAT_MAX).contains(&lat_e7) {
            return Err(Invalid::new("latitude", lat_e7, "-900000000 to 900000000 (10⁻⁷ degree)"));
        }
        if !(-Self::LON_MAX..=Self::LON_MAX).contains(&lon_e7) {
            return Err(Invalid::new("longitude", lon_e7, "-1800000000 to 1800000000 (10⁻⁷ degree)"));
        }
        Ok(Self { lat_e7, lon_e7, accuracy_m })
    }

    /// Latitude in 10⁻⁷ degree.
    pub fn lat_e7(&self) -> i64 {
        self.lat_e7
    }

    /// Longitude in 10⁻⁷ degree.
    pub fn lon_e7(&self) -> i64 {
        self.lon_e7
    }

    /// Claimed accuracy in metres.
    pub fn accuracy_m(&self) -> u32 {
        self.accuracy_m
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_beyond_the_globe_is_refused() {
        assert!(GeoPoint::new(312_304_000, 1_214_737_000, 12).is_ok());
        assert!(GeoPoint::new(900_000_001, 0, 1).is_err());
        for beyond in [i64::MIN, i64::MAX] {
            assert!(GeoPoint::new(beyond, 0, 1).is_err() && GeoPoint::new(0, beyond, 1).is_err());
        }
    }
}
