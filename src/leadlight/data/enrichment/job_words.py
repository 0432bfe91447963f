"""The words of job titles, in the languages of Europe: how senior, and what the work is about.

Between strokes stand phrases; a star is the rest of a word, or any word where it stands alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

SENIORITY: Final[Mapping[str, str]] = {
    "student": """
        student | studentin | studierende | werkstudent* | intern | internship | praktikant* |
        stagiaire | etudiant* | estudiante | becari* | stagista | tirocinante | stageopdracht |
        trainee | apprentice | azubi | auszubildend* | volontar* | apprenti* | estagiari* | stazyst*
        | praktykant* | leerling
    """,
    "staff": """
        assistant to | executive assistant | personal assistant | office assistant | ea to | pa to |
        assistenz | assistent der | assistentin der | assistentin | sekretar* | secretary |
        secretaire | secretari* | segretari* | assistante de direction | asistente de direccion |
        account executive | product owner | process owner | chef de projet | chef de produit |
        directiesecretar* | asystent* | receptionist | chief of staff office
    """,
    "owner": """
        owner | co owner | business owner | founder | co founder | cofounder | proprietor | inhaber*
        | eigentumer* | gesellschafter* | grunder* | mitgrunder* | unternehmer* | proprietaire |
        fondateur | fondatrice | cofondateur | gerant | gerante | dueno | duena | propietari* |
        fundador* | emprendedor* | titolare | fondatore | proprietario | imprenditor* | eigenaar |
        oprichter | dono | socio gerente | socio fundador | wlasciciel* | zalozyciel* | self
        employed | selbstandig* | selbststandig* | freiberufler* | freelancer | entrepreneur
    """,
    "vp": """
        vice president | vicepresident* | vice prasident* | vp | svp | evp | avp | vizeprasident* |
        vice presidente | wiceprezes
    """,
    "c_level": """
        ceo | cto | cfo | coo | cmo | cio | cro | cpo | cso | cdo | chro | ciso | cco | cxo | chief
        * officer | chief * * officer | chief executive | chief of staff | president | managing
        director | managing partner | geschaftsfuhrer* | geschaftsfuhrung | vorstand* | vorsitzende*
        | generaldirektor* | general director | executive director | board member | directeur
        general | directrice generale | president directeur | pdg | dg | daf | dsi | drh | director
        general | directora general | consejer* delegad* | presidente | presidenta | amministratore
        delegato | amministratrice delegata | amministratore unico | direttore generale | algemeen
        directeur | bestuurder | bestuursvoorzitter | diretor geral | diretor executivo | prezes |
        czlonek zarzadu | dyrektor generalny | dyrektor zarzadzajacy | senior partner | chairman
    """,
    "director": """
        director | directora | head of | head | global head | direktor* | prokurist* | dean |
        bereichsleiter* | bereichsleitung | hauptabteilungsleiter* | werkleiter* | werksleiter* |
        directeur | directrice | direttore | direttrice | diretor | diretora | dyrektor* | principal
        | vertriebsdirektor* | niederlassungsleiter*
    """,
    "manager": """
        manager* | managerin | supervisor | team lead | team leader | teamlead | teamleiter* |
        teamleitung | abteilungsleiter* | abteilungsleitung | gruppenleiter* | leiter* | leitung |
        *leiter | *leiterin | *leitung | responsable | chef de service | chef d equipe | encadrant |
        gerente | jefe | jefa | encargad* | coordinador* | responsabile | capo | coordinator |
        teamleider | afdelingshoofd | hoofd | chefe | gestor | gestora | coordenador* | kierowni* |
        koordinator* | coordinateur | coordinatrice | foreman | superintendent | administrator in
        chief
    """,
    "senior": """
        senior | sr | lead | staff engineer | principal engineer | expert | expertin | architect |
        architekt* | leitende* | confirme | specialista senior | starszy | architecte | experte
    """,
    "junior": """
        junior | jr | entry level | graduate | berufseinsteiger* | debutant* | mlodszy
    """,
}
"""The first that a title holds counts: an assistant to the CEO is no CEO, a vice president no president."""

FUNCTION: Final[Mapping[str, str]] = {
    "customer_service": """
        customer service | customer support | customer success | customer care | support | helpdesk
        | kundenservice | kundendienst | kundenbetreu* | service client | relation client | atencion
        al cliente | servizio clienti | assistenza clienti | klantenservice | obslugi klienta
    """,
    "marketing": """
        marketing | cmo | brand | branding | communications | communication | content | seo | pr |
        public relations | growth | demand generation | kommunikation | werbung | advertising |
        offentlichkeitsarbeit | publicite | comunicacion | comunicazione | social media | media |
        comunicacao | marketingu | mercadeo | mercadotecnia
    """,
    "sales": """
        sales | cro | revenue | account executive | account manager | business development | bdr |
        sdr | vertrieb* | verkauf* | *vertrieb | *verkauf | aussendienst* | innendienst* |
        commercial | commerciale | vente | ventes | ventas | vendedor* | comercial | vendite |
        verkoop* | vendas | sprzedaz* | handlow* | key account | partnerships | alliances | presales
    """,
    "finance": """
        finance | financial | cfo | accounting | accountant | controller | controlling | treasurer |
        treasury | auditor | audit | tax | bookkeep* | finanz* | buchhalt* | steuer* | comptab* |
        financier | financiere | finanzas | contabil* | contable | finanza | amministrazione | daf |
        financieel | boekhoud* | financas | financeiro | finans* | ksiegow* | payroll |
        rechnungswesen
    """,
    "it": """
        it | cio | ciso | information technology | information systems | sysadmin | system
        administrator | systemadministrator* | network | infrastructure | security | dsi |
        informatique | informatik* | informatic* | sistemas | sistemi | edv | cloud | devops |
        helpdesk | database | informatyk*
    """,
    "engineering": """
        engineer* | engineering | developer | development | software | cto | technology | technical
        | entwickl* | *entwickler | *entwicklerin | ingenieur* | *ingenieur | konstrukt* | r d |
        research | architect | programmer | data scientist | data | forschung | technik* |
        technisch* | programmier* | developpeur | developpeuse | technique | recherche | ingenier* |
        desarrollador* | tecnico | tecnica | ingegner* | sviluppator* | ontwikkel* | engenheir* |
        desenvolvedor* | inzynier* | programist* | technologi* | scientist | qa | quality assurance
    """,
    "human_resources": """
        hr | human resources | chro | people | talent | recruit* | personal* | personnel | drh | rh
        | ressources humaines | recursos humanos | rrhh | risorse umane | personeelszaken | kadr* |
        recrutement | rekrutacj* | learning and development
    """,
    "purchasing": """
        purchas* | procurement | buyer | sourcing | einkauf* | *einkauf | *einkaufer | beschaffung*
        | achat | achats | acheteu* | compras | comprador* | acquisti | inkoop* | inkoper | zakup*
    """,
    "legal": """
        legal | lawyer | attorney | counsel | compliance | jurist* | rechtsanwalt* | rechts* | recht
        | datenschutz* | juridique | avocat* | juridic* | abogad* | legale | avvocat* | advogad* |
        prawn* | privacy | paralegal
    """,
    "product": """
        product | cpo | product owner | ux | ui | design | designer | produkt* | produit | producto
        | prodotto | produto | gestaltung | diseno | disenador*
    """,
    "operations": """
        operations | operation | coo | logistic* | supply chain | production | manufacturing | plant
        | quality | warehouse | facility | facilities | logisti* | produktion* | fertigung* |
        betrieb* | werkleit* | werksleit*
        | lager* | qualitat* | exploitation | operaciones | produccion | operazioni | produzione
        | produktie | operacoes | producao | produkcj* | maintenance | instandhaltung*
        | project | projekt* | projet | proyectos | pmo | administration | verwaltung | office
    """,
    "management": """
        ceo | owner | founder | co founder | cofounder | president | presidente | managing director
        | geschaftsfuhrer* | geschaftsfuhrung | geschaftsleitung | inhaber* | vorstand* |
        gesellschafter* | directeur general | directrice generale | director general | directora
        general | pdg | gerant | gerante | fondateur | fondatrice | propietari* | fundador* |
        titolare | amministratore delegato | direttore generale | algemeen directeur | eigenaar |
        bestuurder | diretor geral | prezes | wlasciciel* | general manager | managing partner |
        unternehmer* | grunder* | chairman | chief executive | generaldirektor* | general director |
        board | proprietor | business owner
    """,
    "consulting": """
        consult* | advisor | adviser | berat* | *berater | *beraterin | conseil | conseiller* |
        consulen* | asesor* | adviseur | consultor* | doradc*
    """,
    "education": """
        teacher | professor | lecturer | lehrer* | dozent* | enseignant* | profesor* | insegnante |
        docent* | nauczyciel* | trainer | tutor | faculty
    """,
    "health": """
        doctor | physician | nurse | dentist | arzt | arztin | pfleg* | medecin | infirmi* | medic*
        | enfermer* | lekarz | therapist | therapeut* | pharmac* | apothek*
    """,
}
