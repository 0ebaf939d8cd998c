extension Wiring {
    /// The connections of the real binary.
    static let standard = Wiring()
}
