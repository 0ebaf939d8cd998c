import WaybillCore

/// Keras wrote whole models into HDF5 before it had a format of its own, and still reads them: their layers stand in attributes.
extension HDF5Walk {
    /// `model_config` is what is built when the file is loaded, `training_config` what is built to train it on.
    private static let configurations: Set<String> = ["model_config", "training_config"]

    mutating func judge(_ attribute: HDF5Attribute, of path: String) throws(InspectionError) {
        guard Self.configurations.contains(attribute.name) else { return }
        let place = path.isEmpty ? attribute.name : "\(path)/\(attribute.name)"
        do throws(InspectionError) {
            guard let text = try attribute.text(&file, &collections) else { throw .malformed("is no text") }
            let keras = try KerasConfig.inspect(MemoryBytes(content: text))
            for finding in keras.findings { report(finding.verdict, finding.message, place: place.shownAsPlace) }
            guard attribute.name == "model_config" else { return }
            inputs = keras.inputs
            facts.merge(keras.facts) { _, new in new }
        } catch {
            report(.unscanned, error.words, place: place.shownAsPlace)
        }
    }
}
