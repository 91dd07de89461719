import { hubspot } from '@hubspot/ui-extensions';
import { DealgateCard } from './dealgate/DealgateCard';

hubspot.extend<'crm.record.sidebar'>(() => <DealgateCard isCompact />);
