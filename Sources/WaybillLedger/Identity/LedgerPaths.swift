/// Where the parts of a ledger stand. `docs/ledger.md` section 1.
struct LedgerPaths: Hashable, Sendable {
    let folder: String

    var key: String { "\(folder)/key" }
    var publicKey: String { "\(folder)/vkey" }
    var pseudonyms: String { "\(folder)/pseudonyms" }
    var lock: String { "\(folder)/lock" }
    var journal: String { "\(folder)/journal" }
    var log: String { "\(folder)/log" }
    var checkpoint: String { "\(log)/checkpoint" }

    func segment(_ first: UInt64) -> String { "\(journal)/\(Self.segmentName(first))" }

    static func segmentName(_ first: UInt64) -> String {
        let digits = String(first)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits + ".segment"
    }

    /// First indices of the journal's segments, ascending. Other names are left alone.
    func segments() throws(SystemError) -> [UInt64] {
        try FileSystem.names(in: journal).compactMap { name in
            guard let first = UInt64(name.prefix(20)), Self.segmentName(first) == name else { return nil }
            return first
        }.sorted()
    }
}
