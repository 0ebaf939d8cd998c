extension Scan {
    /// What unpickling `source` would import, call and build. What bzip2 and xz pack is taken for a pickle, as joblib writes it.
    mutating func inspectPickle(_ source: any ByteSource) -> Inspection {
        PickleInspector(allowing: allowing).inspect(source)
    }

    /// Several pickles, then raw storages, as torch wrote until 1.6.
    mutating func inspectTorchLegacy(_ source: any ByteSource) -> Inspection {
        var inspection = PickleInspector(allowing: allowing).inspect(source)
        inspection.format = Format.torchLegacy.rawValue
        return inspection
    }
}
