extension Scan {
    /// What unpickling `source` would import, call and build. In a torch archive, persistent ids name storages.
    mutating func inspectPickle(_ source: any ByteSource, isTorch: Bool = false) -> Inspection {
        let inspector = PickleInspector(allowing: allowing)
        return isTorch ? inspector.inspectTorchMember(source, place: "") : inspector.inspect(source)
    }

    /// Several pickles, then raw storages, as torch wrote until 1.6.
    mutating func inspectTorchLegacy(_ source: any ByteSource) -> Inspection {
        var inspection = PickleInspector(allowing: allowing).inspect(source)
        inspection.format = Format.torchLegacy.rawValue
        return inspection
    }
}
