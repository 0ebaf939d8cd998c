import Testing
import WaybillTrust

@Suite struct TilePathTests {
    @Test(arguments: [
        ("tile/0/x001/x234/067", TilePath(.hashes(level: 0), number: 1_234_067)),
        ("tile/63/000", TilePath(.hashes(level: 63), number: 0)),
        ("tile/entries/x001/000.p/255", TilePath(.entries, number: 1000, partial: 255)),
        ("tile/2/999.p/1", TilePath(.hashes(level: 2), number: 999, partial: 1)),
    ])
    func `a path survives its text`(text: String, path: TilePath) {
        #expect(path.description == text)
        #expect(TilePath(parsing: text) == path)
    }

    @Test(arguments: [
        "tile/0/67", "tile/0/0067", "tile/64/000", "tile/00/000", "tile/0/000.p/0", "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/001/067", "tile/0/x000/067", "tile/0/x001/x067", "tile/0/", "tile/0", "tile/entries", "tiles/0/000",
        "tile/0/000.p", "tile/0/-01", "tile/0/x001/+67", "tile/0/000/", "tile//000", "tile/0/x001//067",
    ])
    func `another text is no path`(text: String) {
        #expect(TilePath(parsing: text) == nil)
    }

    @Test func `a bundle holds lengths and entries`() {
        var bundle: [UInt8] = []
        let entries: [[UInt8]] = [[1, 2, 3], [], [UInt8](repeating: 9, count: 300)]
        for entry in entries { entry.withUnsafeBytes { TileContent.append(entry: $0, to: &bundle) } }
        #expect(bundle.prefix(5) == [0, 3, 1, 2, 3])
        #expect(TileContent.entries(bundle)?.map(Array.init) == entries)
        #expect(TileContent.entries(Array(bundle.dropLast())) == nil)
        #expect(TileContent.entries([0]) == nil)
        #expect(TileContent.hashes([UInt8](repeating: 0, count: 33)) == nil)
        #expect(TileContent.hashes(MerkleHash.empty.bytes + MerkleHash.leaf([]).bytes) == [.empty, .leaf([])])
    }
}
