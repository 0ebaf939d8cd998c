import WaybillCore

/// HDF5, as Keras, h5py and PyTables write it: a tree of groups whose leaves are arrays.
///
/// Guarantees that a file without a finding was followed from its superblock through every group, header and index to every array,
/// that each of them lies inside the file and none over another, and that nothing in it leads to another file. The numbers of the
/// arrays are passed over: no loader takes them for anything else.
enum HDF5 {
    static let magic: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    /// A block of the user's may stand before the file, this long at most.
    private static let longestBlock: Int64 = 1 << 20

    /// Where its superblock begins: at the start, or behind a block of the user's whose size is a power of two; nil when there is none.
    static func start(in source: any ByteSource) throws(InspectionError) -> Int64? {
        var place: Int64 = 0
        while place <= longestBlock, place <= source.size - 8 {
            if try source.bytes(at: place, count: 8) == magic { return place }
            place = max(512, place * 2)
        }
        return nil
    }
}

extension Scan {
    /// Follows the whole file. What was found before something broke is told as well.
    mutating func inspectHDF5(_ source: any ByteSource) throws(InspectionError) -> Inspection {
        guard let start = try HDF5.start(in: source) else { throw .malformed("there is no superblock") }
        let superblock = try HDF5Superblock(source, at: start)
        var walk = HDF5Walk(superblock.file, budget: budget)
        do throws(InspectionError) {
            try walk.followAll(superblock)
        } catch {
            walk.report(.unscanned, "\(Format.hdf5.rawValue): \(error.words)")
        }
        var inspection = Inspection(
            format: Format.hdf5.rawValue, findings: walk.findings, tensors: walk.tensors, inputs: walk.inputs,
            facts: walk.facts)
        inspection.facts["parameters"] = .integer(Int64(clamping: try walk.tensors.elements()))
        return inspection
    }
}
