import WaybillPackage

/// The sources of model files that this program reads, put together from the configuration.
enum ModelSources {
    static func readers() -> SourceReaders {
        SourceReaders([:])
    }
}
