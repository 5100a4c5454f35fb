"""What is done with each attribute that may identify a patient.

Facts of the Basic Application Confidentiality Profile (DICOM PS3.15, annex E), by keyword: ``X`` remove, ``Z`` empty,
``D`` replace by a dummy, ``U`` replace the UID; of several letters the first that the code below prefers is taken.
Whatever has no row here is judged by its kind: see :func:`action_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Action = Literal["remove", "empty", "dummy", "uid", "date", "clean", "keep"]

REMOVE = """
AcquisitionComments AcquisitionProtocolDescription ActualHumanPerformersSequence AdditionalPatientHistory AddressTrial
AdmissionID AdmittingDiagnosesCodeSequence AdmittingDiagnosesDescription AffectedSOPInstanceUID Allergies Arbitrary
AuthorObserverSequence BarcodeValue BranchOfService CassetteID CommentsOnRadiationDose
CommentsOnThePerformedProcedureStep ConfidentialityConstraintOnPatientDataDescription
ContentCreatorIdentificationCodeSequence ContentSequence ContributionDescription CountryOfResidence
CurrentPatientLocation CustodialOrganizationSequence DataSetTrailingPadding DerivationDescription
DigitalSignatureUID DigitalSignaturesSequence DischargeDiagnosisDescription DistributionAddress DistributionName
EthnicGroup FrameComments GantryID GeneratorID HumanPerformerName HumanPerformerOrganization
IconImageSequence IdentifyingComments ImageComments ImagePresentationComments ImagingServiceRequestComments
Impressions InstitutionAddress InstitutionalDepartmentName InstitutionalDepartmentTypeCodeSequence
InsurancePlanIdentification IntendedRecipientsOfResultsIdentificationSequence InterpretationApproverSequence
InterpretationAuthor InterpretationDiagnosisDescription InterpretationID InterpretationIDIssuer
InterpretationRecorder InterpretationText InterpretationTranscriber IssueDateOfImagingServiceRequest
IssuerOfAdmissionID IssuerOfAdmissionIDSequence IssuerOfPatientID IssuerOfPatientIDQualifiersSequence
IssuerOfServiceEpisodeID IssuerOfServiceEpisodeIDSequence LensMake LensModel LensSerialNumber LensSpecification MAC
MedicalAlerts MedicalRecordLocator MilitaryRank ModifiedAttributesSequence ModifiedImageDescription
ModifyingDeviceID ModifyingDeviceManufacturer NameOfPhysiciansReadingStudy NamesOfIntendedRecipientsOfResults
NonconformingModifiedAttributesSequence Occupation OrderCallbackPhoneNumber OrderCallbackTelecomInformation
OrderEnteredBy OrderEntererLocation OriginalAttributesSequence OtherPatientIDs OtherPatientIDsSequence
OtherPatientNames ParticipantSequence PatientAddress PatientAge PatientBirthName PatientBirthTime
PatientComments PatientInstitutionResidence PatientInsurancePlanCodeSequence PatientMotherBirthName
PatientPrimaryLanguageCodeSequence PatientPrimaryLanguageModifierCodeSequence PatientReligiousPreference
PatientSetupPhotoDescription PatientSize PatientState PatientTelecomInformation PatientTelephoneNumbers
PatientTransportArrangements PatientWeight PerformedLocation PerformedProcedureStepDescription
PerformedProcedureStepID PerformedStationAETitle PerformedStationGeographicLocationCodeSequence
PerformedStationName PerformedStationNameCodeSequence PerformingPhysicianIdentificationSequence
PerformingPhysicianName PersonAddress PersonTelecomInformation PersonTelephoneNumbers
PhysicianApprovingInterpretation PhysiciansOfRecord PhysiciansOfRecordIdentificationSequence
PhysiciansReadingStudyIdentificationSequence PlateID PreMedication PregnancyStatus ReasonForStudy
ReasonForTheImagingServiceRequest ReasonForTheRequestedProcedure ReasonForVisit ReferencedDigitalSignatureSequence
ReferencedPatientAliasSequence ReferencedPatientPhotoSequence ReferencedPatientSequence
ReferencedSOPInstanceMACSequence ReferringPhysicianAddress ReferringPhysicianIdentificationSequence
ReferringPhysicianTelephoneNumbers RegionOfResidence RequestAttributesSequence RequestedContrastAgent
RequestedProcedureComments RequestedProcedureID RequestedProcedureLocation RequestingPhysician RequestingService
ResponsibleOrganization ResponsiblePerson ResultsComments ResultsDistributionListSequence ResultsID ResultsIDIssuer
ScheduledHumanPerformersSequence ScheduledPatientInstitutionResidence ScheduledPerformingPhysicianIdentificationSequence
ScheduledPerformingPhysicianName ScheduledProcedureStepDescription ScheduledProcedureStepID
ScheduledProcedureStepLocation ScheduledStationAETitle ScheduledStationGeographicLocationCodeSequence
ScheduledStationName ScheduledStationNameCodeSequence ScheduledStudyLocation ScheduledStudyLocationAETitle
SeriesDescription ServiceEpisodeDescription ServiceEpisodeID SmokingStatus SpecialNeeds StudyComments
StudyDescription StudyIDIssuer TextComments TextString TimezoneOffsetFromUTC TopicAuthor TopicKeywords TopicSubject
TopicTitle VerifyingOrganization VisitComments WarningReason
ProtocolName AcquisitionDeviceProcessingDescription DetectorID OperatorIdentificationSequence
RequestedProcedureDescription AcquisitionContextSequence ReferencedPerformedProcedureStepSequence
ReferencedStudySequence UDISequence PatientSexNeutered PatientBreedDescription PatientBreedCodeSequence
StrainDescription StrainStockSequence SecondaryCaptureDeviceID VideoImageFormatAcquired
"""
EMPTY = """
AccessionNumber ConsultingPhysicianName ConsultingPhysicianIdentificationSequence ContentCreatorName
FillerOrderNumberImagingServiceRequest InstitutionName InstitutionCodeSequence OperatorsName PatientBirthDate
PatientName PatientSex PlacerOrderNumberImagingServiceRequest ReferringPhysicianName ReviewerName
StationName StudyID VerifyingObserverIdentificationCodeSequence DeviceSerialNumber ROIInterpreter
ClinicalTrialSiteID ClinicalTrialSiteName ClinicalTrialSubjectID ClinicalTrialSubjectReadingID
ClinicalTrialCoordinatingCenterName ClinicalTrialProtocolName ClinicalTrialTimePointDescription
"""
DUMMY = """
GraphicAnnotationSequence PersonIdentificationCodeSequence PersonName VerifyingObserverName VerifyingObserverSequence
StructureSetLabel ROIName RTPlanLabel ClinicalTrialSponsorName ClinicalTrialProtocolID ContentLabel
"""
# Of the 'Retain Patient Characteristics' option; age, height and weight matter for SUV and as covariates.
_CHARACTERISTICS = """
PatientAge PatientSex PatientSize PatientWeight EthnicGroup SmokingStatus PregnancyStatus PatientSexNeutered
"""
# What these hold finds its way into other elements; see leaks in deidentify.py.
_DIRECT = """
PatientName PatientID PatientBirthDate PatientBirthName PatientMotherBirthName OtherPatientIDs OtherPatientNames
PatientAddress PatientTelephoneNumbers AccessionNumber ReferringPhysicianName PerformingPhysicianName OperatorsName
PhysiciansOfRecord RequestingPhysician NameOfPhysiciansReadingStudy InstitutionName InstitutionAddress
ResponsiblePerson AdmissionID MedicalRecordLocator StudyID
"""
CHARACTERISTICS = frozenset(_CHARACTERISTICS.split())
DIRECT = frozenset(_DIRECT.split())
ACTIONS: Mapping[str, Action] = {
    **dict.fromkeys(REMOVE.split(), "remove"),
    **dict.fromkeys(EMPTY.split(), "empty"),
    **dict.fromkeys(DUMMY.split(), "dummy"),
}
OF_KIND: Mapping[str, Action] = {
    "UI": "uid",
    "DA": "date",
    "DT": "date",
    "TM": "date",
    "PN": "empty",
    "AS": "remove",
    "LT": "remove",  # free texts hold anything
    "ST": "remove",
    "UT": "remove",
    "UN": "remove",
    "UR": "remove",
    "AE": "clean",
    "LO": "clean",
    "SH": "clean",
    "UC": "clean",
}


def action_of(keyword: str, vr: str, *, keep_characteristics: bool = False) -> Action:
    """Return what is done with a public attribute: by its row, else by its kind (``clean``: looked through)."""
    if keep_characteristics and keyword in CHARACTERISTICS:
        return "keep"
    if not keyword:
        return "remove"
    return ACTIONS.get(keyword) or OF_KIND.get(vr, "keep")
