extension Scan {
    /// What unpickling `source` would import, call and build. In a torch archive, persistent ids name storages.
    mutating func inspectPickle(_ source: any ByteSource, isTorch: Bool = false) -> Inspection {
        Inspection(
            format: Format.pickle.rawValue,
            findings: [.init(.unscanned, "is a pickle, and there is no list of what pickles may import")])
    }

    /// Several pickles, then raw storages, as torch wrote until 1.6.
    mutating func inspectTorchLegacy(_ source: any ByteSource) -> Inspection {
        var inspection = inspectPickle(source, isTorch: true)
        inspection.format = Format.torchLegacy.rawValue
        return inspection
    }
}
