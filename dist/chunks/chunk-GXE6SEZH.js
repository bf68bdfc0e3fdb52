import{createRequire as $sluiceRequire}from'node:module';const require=$sluiceRequire(import.meta.url);
var e=t=>`sluice-state-${t.account}-${t.region}`,n=t=>`sluice-state-${t.project}-${t.location}`;export{e as a,n as b};
